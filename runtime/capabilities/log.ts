import { ambientCapability, ambientOperation } from './ambient.ts';
import type { Capability } from './capability.ts';

interface WriteArgs {
  readonly text: string;
  readonly stream?: 'stdout' | 'stderr' | 'log';
}

/**
 * Of one call. A line is some work for the agent, in which it does nothing else, and a text may have a million: 0.4 s. As many as these take
 * 20 ms.
 */
export const mostLines = 50_000;

/** Writes to the step's log; the executor redacts and bounds it. What is more than {@link mostLines} is left out, and the log says so. */
export const logCapability: Capability<never, undefined> = ambientCapability('log', "write to the step's log", {
  write: ambientOperation<WriteArgs>(
    {
      type: 'object',
      additionalProperties: false,
      required: ['text'],
      properties: { text: { type: 'string' }, stream: { enum: ['stdout', 'stderr', 'log'] } },
    },
    async (args, scope) => {
      const end = endOfLines(args.text);
      scope.log(args.stream ?? 'log', end === undefined ? args.text : args.text.slice(0, end));
      if (end !== undefined) scope.log('log', `the rest is left out: one call writes at most ${mostLines} lines`);
      return null;
    },
  ),
});

/** Where the last line that is written ends; undefined where all are. */
function endOfLines(text: string): number | undefined {
  let end = 0;
  for (let lines = 0; lines < mostLines; lines += 1) {
    end = text.indexOf('\n', end) + 1;
    if (end === 0 || end === text.length) return undefined;
  }
  return end;
}
