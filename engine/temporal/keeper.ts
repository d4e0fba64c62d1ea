import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Instead } from '../../storage/projection/port.ts';
import { type JobBeginning, jobBeginningOptions } from './job-beginning.ts';
import { type EngineSinks, names, type ProjectedEvents } from './protocol.ts';

/** What is done of what workflows hand over. */
export interface KeeperParts {
  readonly client: Client;
  /** Keeps events, and gives what storage has instead. */
  readonly keep: (events: ProjectedEvents) => Promise<Instead>;
  /** Told when storage takes nothing of a workflow for a while. */
  readonly onStorageAway?: (workflow: string, reason: string) => void;
  /** The process leaves. */
  readonly leaving: AbortSignal;
}

const firstPauseMs = 50;
const mostPauseMs = 1000;
/** Jobs that are begun at a time. */
const atOnce = 16;

/**
 * Storage is a log that is written ahead: what a task of a workflow comes to is kept there before Temporal hears of it. Where storage has
 * something else, that holds: the task fails, the workflow is told that it is behind, and takes in what is there before it goes on.
 */
export function createKeeper(parts: KeeperParts): InjectedSinks<EngineSinks> {
  const { client } = parts;
  return {
    storage: {
      keep: {
        async fn({ workflowId, runId }, events) {
          const instead = await keepPatiently(events, workflowId, parts);
          if (instead === undefined) return;
          await client.workflow.getHandle(workflowId, runId).signal(names.behindSignal);
          throw new Error(`storage has other events of ${workflowId}, which a task wrote that was cut off: they hold`);
        },
      },
    },
    jobs: {
      begin: {
        async fn(_, jobs) {
          for (let from = 0; from < jobs.length; from += atOnce) {
            await Promise.all(jobs.slice(from, from + atOnce).map((job) => begin(client, job)));
          }
        },
      },
      finish: {
        async fn(_, { run, event, attempt }) {
          try {
            await client.workflow.getHandle(run).signal(names.eventSignal, event, attempt);
          } catch (cause) {
            // A run that is over needn't know.
            if (!(cause instanceof WorkflowNotFoundError)) throw cause;
          }
        },
      },
    },
  };
}

/**
 * Goes on trying while storage is away, and holds the task meanwhile. When its time is over Temporal gives the task out once more: what is
 * written late is what that one writes. To fail it would have Temporal wait longer and longer between its tries.
 */
async function keepPatiently(
  events: ProjectedEvents,
  workflow: string,
  { keep, onStorageAway, leaving }: KeeperParts,
): Promise<Instead> {
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, mostPauseMs)) {
    try {
      return await keep(events);
    } catch (cause) {
      if (!isAway(cause) || leaving.aborted) throw cause;
      if (pause === firstPauseMs) onStorageAway?.(workflow, cause.message);
      // Whoever leaves tries once more.
      await sleep(pause, undefined, { signal: leaving }).catch(() => {});
    }
  }
}

function isAway(cause: unknown): cause is WaterflowFailure {
  if (!(cause instanceof WaterflowFailure)) return false;
  return cause.error.code === 'STORAGE_FAILED' || cause.error.code === 'STORAGE_FULL';
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
