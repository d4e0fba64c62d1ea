import { Worker } from '@temporalio/worker';
import { sinkNames } from './protocol.ts';

/** A worker as the workflows of the engine need it; both are places that the SDK leaves to those who derive from its worker. */
export class StrictWorker extends Worker {
  /**
   * Without a time limit for calls into workflows. The SDK's limit is a thread of its own for each call, started and ended, which costs three
   * times what the calls themselves do. It is for workflows that may loop; ours only turn machines, whose work has limits.
   */
  protected static override createWorkflowCreator(
    ...[bundle, options, logger]: Parameters<(typeof Worker)['createWorkflowCreator']>
  ): ReturnType<(typeof Worker)['createWorkflowCreator']> {
    // It is what `timeout` of node:vm is, which has none where it is undefined.
    const isolateExecutionTimeoutMs = undefined as unknown as number;
    return super.createWorkflowCreator(bundle, { ...options, isolateExecutionTimeoutMs }, logger);
  }

  /**
   * What workflows hand over is done before Temporal hears of the task that it belongs to, one after the other. Where it can't be done the
   * task fails, and all that it comes to with it; the SDK by itself would only log it.
   */
  protected override async processSinkCalls(
    ...[calls, attributes]: Parameters<Worker['processSinkCalls']>
  ): ReturnType<Worker['processSinkCalls']> {
    const isOurs = (name: string): boolean => sinkNames.has(name);
    await super.processSinkCalls(
      calls.filter(({ ifaceName }) => !isOurs(ifaceName)),
      attributes,
    );
    for (const { ifaceName, fnName, args, workflowInfo } of calls) {
      // It was done when it happened.
      if (!isOurs(ifaceName) || workflowInfo.unsafe.isReplayingHistoryEvents) continue;
      const sink = this.options.sinks?.[ifaceName]?.[fnName];
      if (sink === undefined) throw new TypeError(`nobody does ${ifaceName}.${fnName}`);
      await sink.fn(workflowInfo, ...args);
    }
  }
}
