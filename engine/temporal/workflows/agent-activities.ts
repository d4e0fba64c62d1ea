import { type ActivityOptions, ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { AgentActivities } from '../../../agent/worker/protocol.ts';

/** Activities on a queue of agents. Temporal tries none of them again: machines decide that. */
export function agentOn(taskQueue: string, options: ActivityOptions): AgentActivities {
  return proxyActivities<AgentActivities>({
    ...options,
    taskQueue,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}
