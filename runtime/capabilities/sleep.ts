import { setTimeout as timer } from 'node:timers/promises';
import { ambientCapability, ambientOperation } from './ambient.ts';
import { CallFailure, type Capability } from './capability.ts';

/** One call's longest sleep, a day: below the 2^31 - 1 ms at which Node's timers overflow. */
export const maxSleepMs = 86_400_000;

interface ForArgs {
  readonly ms: number;
}

/** Waits; cancellation and the invocation's end wake it up. */
export const sleepCapability: Capability<never, undefined> = ambientCapability('sleep', 'wait', {
  for: ambientOperation<ForArgs>(
    {
      type: 'object',
      additionalProperties: false,
      required: ['ms'],
      properties: { ms: { type: 'number', minimum: 0, maximum: maxSleepMs } },
    },
    async (args, scope) => {
      const sleeping = scope.deterministic?.clock.sleeping(args.ms);
      try {
        await timer(args.ms, undefined, { signal: scope.signal });
      } catch (cause) {
        if (scope.signal.aborted)
          throw new CallFailure('CANCELLED', 'the sleep was cut short: the step is being cancelled');
        throw cause;
      }
      sleeping?.over();
      return null;
    },
  ),
});
