import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

/** An execution of a workflow. */
interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** Between two looks. */
const lookMs = 250;
/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const notFound = 5;

/**
 * Resolves when Temporal takes nothing any more of the task of an execution that is carried out now: another one takes its place, or the
 * execution is closed. How long a task may take is for Temporal's clock to say, which may be late.
 */
export async function taskOver(
  execution: Execution,
  { client, leaving }: { readonly client: Client; readonly leaving: AbortSignal },
): Promise<void> {
  let first: string | undefined;
  for (;;) {
    const task = await taskUnderWay(execution, client);
    if (task === 'none') return;
    // Without Temporal nobody is told of what the task comes to; whoever leaves doesn't wait for that.
    if (task === undefined && leaving.aborted) return;
    if (task !== undefined && first !== undefined && task !== first) return;
    first ??= task;
    await sleep(lookMs);
  }
}

/** What tells the task under way from others; `none` where none is under way, undefined where Temporal isn't reached. */
async function taskUnderWay(execution: Execution, client: Client): Promise<string | undefined> {
  const { namespace } = client.options;
  try {
    const { pendingWorkflowTask } = await client.workflowService.describeWorkflowExecution({ namespace, execution });
    const { attempt, startedTime } = pendingWorkflowTask ?? {};
    return startedTime === undefined || startedTime === null ? 'none' : JSON.stringify([attempt, startedTime]);
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === notFound ? 'none' : undefined;
  }
}
