import { ambientCapability, ambientOperation, noArguments } from './ambient.ts';
import type { Capability } from './capability.ts';

/** Whether the step is being cancelled. */
export const signalCapability: Capability<never, undefined> = ambientCapability('signal', 'notice cancellation', {
  cancelled: ambientOperation(noArguments, async (_args, scope) => scope.signal.aborted),
});
