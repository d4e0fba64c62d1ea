import { ambientCapability, ambientOperation, noArguments } from './ambient.ts';
import type { Capability } from './capability.ts';

/** Which step this is. */
export const stepCapability: Capability<never, undefined> = ambientCapability('step', 'ask which step this is', {
  info: ambientOperation(noArguments, async (_args, scope) => ({ ...scope.step })),
});
