import { allJobs, allSteps } from '../dsl/index.ts';
import type { Script, ScriptEntry, ScriptedResult } from '../engine/simulate/index.ts';
import type { Json, Plan } from '../schemas/index.ts';
import type { Random } from './random.ts';

/** More entries than this slow a simulation down, and say nothing new. */
const mostEntries = 12;

const endings: readonly [ScriptedResult['result'], ...ScriptedResult['result'][]] = [
  'success',
  'failure',
  'failure',
  'timeout',
  'lost',
  'limit',
  'denied',
  'cancelled',
  'approve',
  'reject',
  'push-back',
  'unanswered',
];

/** A world in which some of a plan's jobs and steps end as chance has it. */
export function randomScript(plan: Plan, random: Random): Script {
  const places = [...allJobs(plan).take(50)].flatMap(({ job, callers }) => {
    const path = [...callers, { job }].map((level) => ({ id: level.job.id }));
    return [
      { job: path },
      ...Array.from(allSteps(job).take(50), ({ step, parents }) => ({
        job: path,
        step: [...parents, step].map(({ key }) => ({ key })),
      })),
    ];
  });
  const entries = random.times(random.below(Math.min(places.length, mostEntries)), (index): ScriptEntry => {
    const target = random.choose(places) ?? { job: [] };
    const base = { written: `entry ${index}`, target };
    if ('step' in target && random.oneIn(4))
      return { ...base, kind: 'output', name: 'x', value: random.pick<Json>([1, 'a', '[1]']) };
    if ('step' in target && random.oneIn(6)) return { ...base, kind: 'takes', ms: random.below(10_000_000) };
    return {
      ...base,
      kind: 'result',
      results: [
        { result: random.pick(endings) },
        ...random.times(random.below(3), () => ({ result: random.pick(endings) })),
      ],
    };
  });
  return { entries, hosts: random.oneIn(2) ? {} : { web: random.times(random.below(6), (index) => `web-${index}`) } };
}
