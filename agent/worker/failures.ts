import type { RunId, WaterflowError } from '../../schemas/index.ts';

/** A step that goes on where nobody hears of it. */
export const outOfTouch: WaterflowError = {
  code: 'AGENT_LOST',
  message: 'the agent did not reach Temporal for so long that the job may go on elsewhere; it ended the step',
  remedy: 'Give the job a `retry`, which starts it again on any agent, or a longer `lost-after`.',
};

/** Whatever is asked of a claim needs it. */
export function claimGone(run: RunId): WaterflowError {
  return {
    code: 'AGENT_LOST',
    message: `the agent has no claim of ${run} any more: it was started anew`,
    remedy: 'Give the job a `retry`, which starts it again on any agent.',
  };
}

/** A claim came by the queue of another agent. */
export function queueNotServed(queue: string): WaterflowError {
  return {
    code: 'AGENT_LOST',
    message: `the agent does not serve the queue ${queue}`,
    remedy: 'Look at the `task-queues` of the agent.',
  };
}
