import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** An execution of a workflow, and until when the task of it that is carried out has its time, in ms as performance.now() has it. */
export interface TaskOf {
  readonly workflowId: string;
  readonly runId: string;
  readonly until: number;
}

/** Between two looks. */
const lookMs = 250;
/** A task of which nothing is shown, as of some that an update brings about, is over so long after its time. */
const marginMs = 2000;

/**
 * Resolves when Temporal takes nothing any more of the task of an execution that is carried out now: another one takes its place, or the
 * execution is closed. When a task's time is over is for Temporal to say, which may be late.
 */
export async function taskOver(
  task: TaskOf,
  { client, leaving }: { readonly client: Client; readonly leaving: AbortSignal },
): Promise<void> {
  let first: string | undefined;
  for (;;) {
    const shown = await taskUnderWay(task, client);
    if (shown === 'closed') return;
    // Without Temporal nobody is told of what the task comes to; whoever leaves doesn't wait for that.
    if (shown === 'unreached' && leaving.aborted) return;
    if (shown === 'none' && performance.now() > task.until + marginMs) return;
    if (typeof shown === 'object') {
      if (first !== undefined && shown.id !== first) return;
      first ??= shown.id;
    }
    await sleep(lookMs);
  }
}

/** What tells the task under way from others. */
async function taskUnderWay(
  { workflowId, runId }: TaskOf,
  client: Client,
): Promise<{ readonly id: string } | 'none' | 'closed' | 'unreached'> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId, runId).describe();
    if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return 'closed';
    const { attempt, startedTime } = raw.pendingWorkflowTask ?? {};
    if (startedTime === undefined || startedTime === null) return 'none';
    return { id: JSON.stringify([attempt, startedTime]) };
  } catch (cause) {
    return cause instanceof WorkflowNotFoundError ? 'closed' : 'unreached';
  }
}
