import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import type { JobKey, RunId, WaterflowError } from '../../schemas/index.ts';
import { outstandingRunCommands } from '../machine/index.ts';
import type { EngineWork } from './activities.ts';
import type { FollowedRun } from './followed-run.ts';
import type { FollowedRuns } from './followed-runs.ts';
import { type EngineActivities, jobWorkflowId, names, runOfJob } from './protocol.ts';

/** What looking after lost runs needs. */
export interface LostRunParts {
  readonly client: Client;
  readonly runs: FollowedRuns;
  readonly activities: Pick<EngineActivities, 'killed' | 'tellGroup'>;
  readonly keep: EngineWork['keep'];
  readonly now: () => number;
}

/** Runs whose workflows were ended in Temporal itself, by its UI, its command or a restored backup, without a word to anybody. */
export interface LostRuns {
  /**
   * Ends those of the runs, which are all that go on as far as is known, whose workflows don't go on any more. Gives them. One of
   * which Temporal knows nothing is ended at once where it was there before, else after an hour: the wrong Temporal knows of none.
   */
  sweep(runs: readonly RunId[]): Promise<{ readonly ended: readonly RunId[]; readonly unknown: readonly RunId[] }>;
  /** Ends a run whose workflow doesn't go on, also where Temporal knows nothing of it. False where there is nothing to end. */
  end(run: RunId): Promise<boolean>;
}

/** Somebody has as long to see in the log that a server asks the wrong Temporal, in ms. */
const unknownMs = 3_600_000;
/** Temporal is asked about so many runs at a time. */
const atATime = 8;
/** How long ago jobs may have ended of which nobody has heard, in ms: longer than all servers are away. */
const jobsMs = 86_400_000;

/** Where a workflow is. */
type Standing =
  | { readonly kind: 'goes on'; readonly since: Date }
  | { readonly kind: 'over'; readonly how: string; readonly at: number }
  | { readonly kind: 'unknown' };

/** How Temporal calls an end that no workflow of ours comes to by itself. */
const untoldEnds: Readonly<Partial<Record<WorkflowExecutionInfo['status']['name'], string>>> = {
  TERMINATED: 'was terminated',
  CANCELLED: 'was cancelled',
  TIMED_OUT: 'timed out',
  FAILED: 'failed',
};

export function createLostRuns({ client, runs, activities, keep, now }: LostRunParts): LostRuns {
  let seen = new Set<RunId>();
  let unknownSince = new Map<RunId, number>();

  const end = async (run: RunId, standing: Exclude<Standing, { kind: 'goes on' }>): Promise<boolean> => {
    const followed = await runs.upToDate(run);
    const { run: state } = followed.machines;
    if (state.state !== 'running' || (await runs.killed(run)) !== undefined) return false;
    const at = Math.max(followed.at, standing.kind === 'over' ? standing.at : now());
    const error = runLost(run, standing.kind === 'over' ? standing.how : 'is not there any more');
    const outstanding = outstandingRunCommands(state);
    const event = { type: 'cancel_requested', at, reason: error.message };
    await keep({ run, from: followed.countOf() + 1, events: [event] });
    await activities.killed(run, { at, error });
    await endRest(followed, outstanding);
    return true;
  };

  /** Its jobs go on without it, and others wait for its places in groups. */
  const endRest = async (
    { run, record: { tenant } }: FollowedRun,
    outstanding: ReturnType<typeof outstandingRunCommands>,
  ): Promise<void> => {
    for (const command of outstanding) {
      if (command.type === 'start_job') {
        const handle = client.workflow.getHandle(jobWorkflowId(run, command.job));
        await handle.signal(names.terminateSignal).catch(ignoreUnknown);
      } else if (command.type === 'acquire_group') {
        const { group, member } = command;
        await activities.tellGroup({ tenant, group, run, member, asks: 'leaves' });
      }
    }
  };

  const look = async (run: RunId): Promise<'ended' | 'unknown' | 'fine'> => {
    const standing = await standingOf(client, run);
    if (standing === undefined) return 'fine';
    if (standing.kind === 'goes on') {
      seen.add(run);
      unknownSince.delete(run);
      return 'fine';
    }
    if (standing.kind === 'unknown' && !seen.has(run)) {
      const since = unknownSince.get(run) ?? now();
      unknownSince.set(run, since);
      if (now() - since < unknownMs) return 'unknown';
    }
    return (await end(run, standing)) ? 'ended' : 'fine';
  };

  /** A run waits for ever for a job that was ended so: it breaks. */
  const breakByJobs = async (going: ReadonlySet<RunId>): Promise<void> => {
    const ends = "ExecutionStatus IN ('Terminated', 'Canceled', 'TimedOut', 'Failed')";
    const query = `WorkflowType = '${names.jobWorkflow}' AND ${ends} AND CloseTime > '${new Date(now() - jobsMs).toISOString()}'`;
    for await (const { workflowId, status, closeTime } of client.workflow.list({ query })) {
      const run = runOfJob(workflowId);
      const how = untoldEnds[status.name];
      if (!going.has(run) || closeTime === undefined || how === undefined) continue;
      const standing = await standingOf(client, run);
      // What an earlier attempt of the run left is none of this one's.
      if (standing?.kind !== 'goes on' || standing.since > closeTime) continue;
      const { machines } = await runs.upToDate(run);
      const outstanding = outstandingRunCommands(machines.run).flatMap((one) =>
        one.type === 'start_job' ? [one.job] : [],
      );
      const job = outstanding.find((key) => jobWorkflowId(run, key) === workflowId);
      if (job === undefined || machines.job(job)?.state === 'ended') continue;
      const error = jobLost(job, how);
      await client.workflow.getHandle(run).signal(names.brokenSignal, error).catch(ignoreUnknown);
    }
  };

  return {
    async sweep(going) {
      const all = new Set(going);
      seen = seen.intersection(all);
      unknownSince = new Map([...unknownSince].filter(([run]) => all.has(run)));
      const ended: RunId[] = [];
      const unknown: RunId[] = [];
      for (let from = 0; from < going.length; from += atATime) {
        const some = going.slice(from, from + atATime);
        for (const [index, found] of (await Promise.all(some.map(look))).entries()) {
          const run = some[index];
          if (run !== undefined && found === 'ended') ended.push(run);
          if (run !== undefined && found === 'unknown') unknown.push(run);
        }
      }
      if (going.length > 0) await breakByJobs(all);
      return { ended, unknown };
    },
    async end(run) {
      const standing = await standingOf(client, run);
      return standing !== undefined && standing.kind !== 'goes on' && (await end(run, standing));
    },
  };
}

/** Undefined where it came to its end by itself: that it did is written, or about to be. */
async function standingOf(client: Client, workflow: string): Promise<Standing | undefined> {
  try {
    const { status, startTime, closeTime } = await client.workflow.getHandle(workflow).describe();
    const how = untoldEnds[status.name];
    if (how !== undefined) return { kind: 'over', how, at: (closeTime ?? startTime).getTime() };
    return status.name === 'COMPLETED' ? undefined : { kind: 'goes on', since: startTime };
  } catch (cause) {
    ignoreUnknown(cause);
    return { kind: 'unknown' };
  }
}

function ignoreUnknown(cause: unknown): void {
  if (!(cause instanceof WorkflowNotFoundError)) throw cause;
}

function runLost(run: RunId, how: string): WaterflowError {
  return {
    code: 'RUN_LOST',
    message: `the workflow of ${run} ${how} in Temporal`,
    remedy: 'Rerun it, in whole or in part. `waterflow cancel` and `terminate` end a run so that its steps hear of it.',
  };
}

function jobLost(job: JobKey, how: string): WaterflowError {
  return {
    code: 'RUN_LOST',
    message: `the workflow of job ${job} ${how} in Temporal`,
    remedy: 'Rerun the run, in whole or in part: `waterflow cancel` ends it in order.',
  };
}
