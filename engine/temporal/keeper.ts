import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Instead } from '../../storage/projection/port.ts';
import { type EngineSinks, names, type ProjectedEvents } from './protocol.ts';

/** What keeps events of workflows. */
export interface KeeperParts {
  readonly client: Client;
  /** Keeps events, and gives what storage has instead. */
  readonly keep: (events: ProjectedEvents) => Promise<Instead>;
  /** The process leaves. */
  readonly leaving: AbortSignal;
}

/** An execution of a workflow, whose task is carried out. */
interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

const firstPauseMs = 50;
const mostPauseMs = 1000;
/** Between two looks at whether a task is over. */
const lookMs = 250;

/**
 * Storage is a log that is written ahead: what a task of a workflow comes to is kept there before the worker tells Temporal of it. Where
 * that can't be, or storage has something else, Temporal must not hear of it: the task is held until its time is over for Temporal, which
 * takes nothing of it any more and has it carried out once more.
 */
export function createKeeper({ client, keep, leaving }: KeeperParts): InjectedSinks<EngineSinks> {
  /** What came of the last events of an execution. */
  const last = new Map<string, Promise<'kept' | 'over'>>();

  const keepOrWait = async (
    events: ProjectedEvents,
    execution: Execution,
    mostMs: number,
  ): Promise<'kept' | 'over'> => {
    const until = performance.now() + mostMs;
    for (let pause = firstPauseMs; performance.now() < until; pause = Math.min(2 * pause, mostPauseMs)) {
      try {
        if ((await keep(events)) === undefined) return 'kept';
        await client.workflow.getHandle(execution.workflowId, execution.runId).signal(names.behindSignal);
        break;
      } catch (cause) {
        if (isGone(cause)) {
          await end(client, execution);
          break;
        }
        if (leaving.aborted) break;
        await sleep(pause);
      }
    }
    await taskOver(execution, { client, leaving });
    return 'over';
  };

  return {
    storage: {
      keep: {
        async fn({ workflowId, runId, taskTimeoutMs }, events) {
          const before = last.get(runId);
          const result = (async () => {
            // Those of one task follow one another: without those before them they mean nothing.
            if ((await before) === 'over') return 'over';
            return await keepOrWait(events, { workflowId, runId }, taskTimeoutMs);
          })();
          last.set(runId, result);
          await result;
          if (last.get(runId) === result) last.delete(runId);
        },
      },
    },
  };
}

/** The run was removed. */
function isGone(cause: unknown): boolean {
  return cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND';
}

async function end(client: Client, { workflowId, runId }: Execution): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId, runId).terminate('the run was removed');
  } catch (cause) {
    if (!(cause instanceof WorkflowNotFoundError)) throw cause;
  }
}

/** Resolves when Temporal takes nothing any more of the task that is carried out: another one takes its place, or the execution is closed. */
async function taskOver(
  execution: Execution,
  { client, leaving }: Pick<KeeperParts, 'client' | 'leaving'>,
): Promise<void> {
  let first: string | undefined;
  for (;;) {
    const task = await pendingTask(execution, client);
    if (task === 'none') return;
    // Without Temporal nobody is told of what the task comes to; whoever leaves doesn't wait for that.
    if (task === undefined && leaving.aborted) return;
    if (task !== undefined && first !== undefined && task !== first) return;
    first ??= task;
    await sleep(lookMs);
  }
}

/** What tells the task under way from others; `none` where none is under way, undefined where Temporal isn't reached. */
async function pendingTask({ workflowId, runId }: Execution, client: Client): Promise<string | undefined> {
  try {
    const { pendingWorkflowTask: task } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
    });
    const { attempt, startedTime } = task ?? {};
    return startedTime === undefined || startedTime === null ? 'none' : JSON.stringify([attempt, startedTime]);
  } catch (cause) {
    return isNotFound(cause) ? 'none' : undefined;
  }
}

/** gRPC's NOT_FOUND. */
function isNotFound(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 5;
}
