import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { AgentActivities } from '../../../agent/worker/protocol.ts';

/** Activities on a queue of agents. Temporal tries none of them again, unless it is told to: machines decide that. */
export function agentOn(taskQueue: string, options: ActivityOptions, maximumAttempts = 1): AgentActivities {
  return proxyActivities<AgentActivities>({
    ...options,
    taskQueue,
    retry: { maximumAttempts },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}
