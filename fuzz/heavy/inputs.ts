import { heavyExpressions } from './expressions.ts';
import type { HeavyInput } from './input.ts';
import { heavyJobsAndSteps } from './jobs-and-steps.ts';
import { heavySettings } from './settings.ts';
import { heavyYaml } from './yaml.ts';

/** Everything that has been thought of as a way to make little text cost much time. */
export const heavyInputs: readonly HeavyInput[] = [
  ...heavyExpressions,
  ...heavyYaml,
  ...heavyJobsAndSteps,
  ...heavySettings,
];

/** The files that {@link heavyInputs} call, by their paths. */
export function heavyCalled(path: string): string | undefined {
  const called = `on: workflow_call\njobs: { a: { steps: [{ run: x }] } }\n`;
  if (path === 'called.yml') return called;
  const level = /^chain-(\d)\.yml$/.exec(path)?.[1];
  if (level === undefined) return undefined;
  const next = Number(level) === 9 ? 'called.yml' : `chain-${Number(level) + 1}.yml`;
  return `on: workflow_call\njobs: { a: { uses: ./${next} }, b: { uses: ./${next} }, c: { uses: ./${next} } }\n`;
}
