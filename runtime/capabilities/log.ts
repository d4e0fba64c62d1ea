import { ambientCapability, ambientOperation } from './ambient.ts';
import type { Capability } from './capability.ts';

interface WriteArgs {
  readonly text: string;
  readonly stream?: 'stdout' | 'stderr' | 'log';
}

/** Writes to the step's log; the executor redacts and bounds it. */
export const logCapability: Capability<never, undefined> = ambientCapability('log', "write to the step's log", {
  write: ambientOperation<WriteArgs>(
    {
      type: 'object',
      additionalProperties: false,
      required: ['text'],
      properties: { text: { type: 'string' }, stream: { enum: ['stdout', 'stderr', 'log'] } },
    },
    async (args, scope) => {
      scope.log(args.stream ?? 'log', args.text);
      return null;
    },
  ),
});
