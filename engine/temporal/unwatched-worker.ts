import { Worker } from '@temporalio/worker';

/**
 * A worker whose calls into workflows have no time limit. The SDK's limit is a thread of its own for each call, started and ended, which
 * costs three times what the calls themselves do. It is for workflows that may loop; ours only turn machines, whose work has limits.
 */
export class UnwatchedWorker extends Worker {
  protected static override createWorkflowCreator(
    ...[bundle, options, logger]: Parameters<(typeof Worker)['createWorkflowCreator']>
  ): ReturnType<(typeof Worker)['createWorkflowCreator']> {
    // It is what `timeout` of node:vm is, which has none where it is undefined.
    const isolateExecutionTimeoutMs = undefined as unknown as number;
    return super.createWorkflowCreator(bundle, { ...options, isolateExecutionTimeoutMs }, logger);
  }
}
