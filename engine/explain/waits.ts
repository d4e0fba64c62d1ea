import { plannedJob } from '../../dsl/index.ts';
import { assertNever } from '../../schemas/index.ts';
import type { JobDetails, RunDetails, StepDetails } from '../port.ts';
import type { Wait } from './api.ts';
import { inOrder } from './causes.ts';
import { type ExplanationFacts, stepPlace } from './facts.ts';
import { neededJobs } from './needs.ts';
import { queueOf } from './queue-of.ts';

type Awaited = RunDetails['awaits'][number];

/** What a run in progress waits for, and who can move it on: what needs somebody stands first. */
export function waitsOf(facts: ExplanationFacts): readonly Wait[] {
  const { run, history } = facts;
  if (run.ended_at !== undefined) return [];
  const jobs = inOrder(run.jobs).flatMap(([job, details]) => [
    ...jobWaits(facts, job, details),
    ...inOrder(details.steps).flatMap(([step, one]) => stepWaits({ job, step, one }, facts)),
  ]);
  return [
    ...(run.driven
      ? []
      : [
          {
            sentence: 'no process drives the run',
            who: 'whoever resumes it, with the secrets that it was started with',
          },
        ]),
    ...(history.paused_by === undefined
      ? []
      : [{ sentence: `it is paused by ${history.paused_by}`, who: 'whoever may operate the run: resume it' }]),
    ...run.awaits.map((awaited) => awaitedWait(awaited, run)),
    ...(run.status === 'queued' && jobs.length === 0
      ? [{ sentence: 'it has not begun', who: 'the engine, as soon as it has room for another run' }]
      : []),
    ...jobs.toSorted((one, other) => Number(isOthers(one)) - Number(isOthers(other))),
  ];
}

/** What merely comes after something else. */
function isOthers({ who }: Wait): boolean {
  return who === itself;
}

const itself = 'nobody: it goes on by itself';

function awaitedWait(awaited: Awaited, { jobs }: RunDetails): Wait {
  const { job, step } = awaited;
  const details = step === undefined ? undefined : jobs[job]?.steps[step];
  const place = { job, ...(step === undefined ? {} : { step }), ...timesOfStep(details), awaited };
  switch (awaited.kind) {
    case 'approval': {
      const { approvers, message } = awaited;
      const asked = message === undefined || message === '' ? '' : `: ${message}`;
      const who =
        approvers.length === 0
          ? 'anybody who may approve (of a server: the roles approver and admin)'
          : approvers.join(', ');
      return { ...place, sentence: `waits for an approval${asked}`, who };
    }
    case 'signal':
      return { ...place, sentence: `waits for the signal ${awaited.name}`, who: 'whoever sends it' };
    case 'secrets':
      return {
        ...place,
        sentence: `waits for the values of secrets: ${awaited.secrets.join(', ')}`,
        who: 'whoever has them: no store keeps them',
      };
    default:
      return assertNever(awaited);
  }
}

function timesOfStep(step: StepDetails | undefined): Pick<Wait, 'since' | 'until'> {
  const { started_at, waits_until } = step ?? {};
  return {
    ...(started_at === undefined ? {} : { since: started_at }),
    ...(waits_until === undefined ? {} : { until: waits_until }),
  };
}

function jobWaits(facts: ExplanationFacts, job: string, details: JobDetails): readonly Wait[] {
  const { run } = facts;
  const { status } = details;
  const suspect = suspectAgent(job, details);
  if (status === 'queued') {
    const sentence = `is in its queue${queueText(run, job)}, until an agent has room for it`;
    return [...suspect, { job, sentence, who: itself }];
  }
  if (status === 'blocked') return [...suspect, blockedWait(facts, job, details)];
  const wait = status === 'waiting' ? waitingFor(run, job, details) : undefined;
  return wait === undefined ? suspect : [...suspect, { job, ...wait }];
}

function blockedWait(facts: ExplanationFacts, job: string, { reason, waits_until }: JobDetails): Wait {
  const { run, history } = facts;
  const queue = queueOf(run, job);
  const since = history.blocked.get(job);
  return {
    job,
    sentence: `has no agent: ${reason ?? `none serves its queue${queueText(run, job)}`}${lastServed(facts, job)}`,
    who: 'whoever runs agents: start one that serves the queue; `queue-timeout` ends the wait',
    ...(queue === undefined ? {} : { queue }),
    ...(since === undefined ? {} : { since }),
    ...(waits_until === undefined ? {} : { until: waits_until }),
  };
}

/** Who took the job in a run before: most likely that one is to be brought back. */
function lastServed({ earlier }: ExplanationFacts, job: string): string {
  const known = earlier.find(({ run: { jobs } }) => jobs[job]?.agent !== undefined)?.run;
  if (known === undefined) return '';
  const at = known.jobs[job]?.ended_at;
  return `; before, ${known.jobs[job]?.agent} had it, in ${known.run}${at === undefined ? '' : ` until ${at}`}`;
}

function suspectAgent(job: string, { agent, agent_suspect }: JobDetails): readonly Wait[] {
  if (agent_suspect !== true) return [];
  const name = agent === undefined ? '' : ` ${agent}`;
  const who = 'whoever looks after that machine: the job waits for it until `lost-after`';
  return [{ job, sentence: `has not heard of its agent${name}, which may be lost`, who }];
}

function queueText(run: RunDetails, job: string): string {
  const queue = queueOf(run, job);
  return queue === undefined ? '' : ` \`${queue}\``;
}

function waitingFor(
  run: RunDetails,
  job: string,
  { waits_for }: JobDetails,
): Pick<Wait, 'sentence' | 'who'> | undefined {
  switch (waits_for) {
    case 'needs': {
      const needs = plannedJob(run.plan, job)?.needs ?? [];
      const open = needs.filter((need) => !hasEnded(run, job, need));
      return { sentence: `needs ${open.length === 0 ? 'other jobs' : open.join(', ')}, not over yet`, who: itself };
    }
    case 'group':
      return {
        sentence: 'waits for its turn in its concurrency group',
        who: 'whoever may cancel the run that has the group: else it goes on when that one ends',
      };
    case 'hosts':
      return { sentence: 'waits to hear which hosts its queue has', who: itself };
    case 'slot':
      return { sentence: 'waits until another cell of its matrix, or host of its fleet, is over', who: itself };
    // It is among what the run awaits.
    case 'approval':
    case undefined:
      return undefined;
    default:
      return assertNever(waits_for);
  }
}

function hasEnded(run: RunDetails, job: string, need: string): boolean {
  const cells = neededJobs(run, job, need);
  return cells.length > 0 && cells.every(({ ended_at }) => ended_at !== undefined);
}

function stepWaits(
  { job, step, one }: { readonly job: string; readonly step: string; readonly one: StepDetails },
  { history }: ExplanationFacts,
): readonly Wait[] {
  if (one.status === 'running') {
    const since = one.started_at === undefined ? '' : ` since ${one.started_at}`;
    return [{ job, step, sentence: `runs${since} (${one.uses})`, who: itself }];
  }
  if (one.status !== 'retrying') return [];
  const last = history.failures.get(stepPlace(job, step))?.at(-1);
  const why = last === undefined ? '' : `: ${last.code}, ${last.message}`;
  return [{ job, step, sentence: `is tried again after attempt ${one.attempts} failed${why}`, who: itself }];
}
