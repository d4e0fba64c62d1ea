import { ambientCapability, ambientOperation, noArguments } from './ambient.ts';
import type { Capability } from './capability.ts';

/**
 * The agent's clock, in whole milliseconds: too coarse to time anything in another process by it. Where the policy says
 * `deterministic`, one that begins when the run did and moves by sleeps alone.
 */
export const clockCapability: Capability<never, undefined> = ambientCapability('clock', "read the agent's clock", {
  now: ambientOperation(noArguments, async (_args, scope) =>
    Math.floor((scope.deterministic?.clock ?? scope.clock).now()),
  ),
});
