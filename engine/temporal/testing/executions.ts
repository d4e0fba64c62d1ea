import type { Client } from '@temporalio/client';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { replayedSinks } from './replayed.ts';

/**
 * For tests: the sizes in bytes of the executions of a workflow, the last one first. Each is replayed, which throws where it would go
 * another way then.
 */
export async function executionsOf(
  { client, workflows }: { readonly client: Client; readonly workflows: WorkflowBundle },
  workflow: string,
): Promise<readonly number[]> {
  const sizes: number[] = [];
  let { runId: at, historySize = 0 } = await client.workflow.getHandle(workflow).describe();
  for (;;) {
    sizes.push(historySize);
    const history = await client.workflow.getHandle(workflow, at).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: workflows, sinks: replayedSinks }, history, workflow);
    const { events } = history;
    const before = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (before === undefined || before === null || before === '') return sizes;
    at = before;
    ({ historySize = 0 } = await client.workflow.getHandle(workflow, at).describe());
  }
}
