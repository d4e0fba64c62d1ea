import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Instead } from '../../storage/projection/port.ts';
import { type JobBeginning, jobBeginningOptions } from './job-beginning.ts';
import { type EngineSinks, names, type ProjectedEvents } from './protocol.ts';
import { taskOver } from './task-over.ts';

/** What is done of what workflows hand over. */
export interface KeeperParts {
  readonly client: Client;
  /** Keeps events, and gives what storage has instead. */
  readonly keep: (events: ProjectedEvents) => Promise<Instead>;
  /** The process leaves. */
  readonly leaving: AbortSignal;
}

/** `behind`: storage has other events than the workflow. */
type Done = 'done' | 'behind';

const firstPauseMs = 50;
const mostPauseMs = 1000;
/** Jobs that are begun at a time. */
const atOnce = 16;

/**
 * Storage is a log that is written ahead: what a task of a workflow comes to is kept there before the worker tells Temporal of it. Where
 * that can't be, or storage has something else, Temporal must not hear of it: the task is held until its time is over for Temporal, which
 * takes nothing of it any more and has it carried out once more.
 */
export function createKeeper({ client, keep, leaving }: KeeperParts): InjectedSinks<EngineSinks> {
  /** What came of what an execution handed over last. */
  const last = new Map<string, Promise<'done' | 'over'>>();

  /** Those of one task follow one another: without those before them they mean nothing. */
  const carryOut = async (info: WorkflowInfo, work: () => Promise<Done>): Promise<void> => {
    const before = last.get(info.runId);
    const result = (async () => ((await before) === 'over' ? 'over' : await doOrHold(info, work)))();
    last.set(info.runId, result);
    try {
      await result;
    } finally {
      if (last.get(info.runId) === result) last.delete(info.runId);
    }
  };

  const doOrHold = async (info: WorkflowInfo, work: () => Promise<Done>): Promise<'done' | 'over'> => {
    const { workflowId, runId, taskTimeoutMs } = info;
    const handle = client.workflow.getHandle(workflowId, runId);
    const until = performance.now() + taskTimeoutMs;
    for (let pause = firstPauseMs; performance.now() < until; pause = Math.min(2 * pause, mostPauseMs)) {
      try {
        if ((await work()) === 'done') return 'done';
        await handle.signal(names.behindSignal);
        break;
      } catch (cause) {
        if (isGone(cause)) {
          await handle.terminate('the run was removed').catch(ignoreUnknown);
          break;
        }
        if (leaving.aborted) break;
        await sleep(pause);
      }
    }
    await taskOver({ workflowId, runId, until }, { client, leaving });
    return 'over';
  };

  return {
    storage: {
      keep: {
        fn: (info, events) => carryOut(info, async () => ((await keep(events)) === undefined ? 'done' : 'behind')),
      },
    },
    jobs: {
      begin: {
        fn: (info, jobs) =>
          carryOut(info, async () => {
            for (let from = 0; from < jobs.length; from += atOnce) {
              await Promise.all(jobs.slice(from, from + atOnce).map((job) => begin(client, job)));
            }
            return 'done';
          }),
      },
      finish: {
        fn: (info, { run, event, attempt }) =>
          carryOut(info, async () => {
            // A run that is over needn't know.
            await client.workflow.getHandle(run).signal(names.eventSignal, event, attempt).catch(ignoreUnknown);
            return 'done';
          }),
      },
    },
  };
}

/** Begins a job for the first time in its run. One that a task before this one began is left. */
async function begin(client: Client, job: JobBeginning): Promise<void> {
  try {
    await client.workflow.start(names.jobWorkflow, {
      ...jobBeginningOptions(job),
      taskQueue: names.engineQueue,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (cause) {
    if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
  }
}

/** The run was removed. */
function isGone(cause: unknown): boolean {
  return cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND';
}

function ignoreUnknown(cause: unknown): void {
  if (!(cause instanceof WorkflowNotFoundError)) throw cause;
}
