import type { CallScope } from '../../capability.ts';

/** The last archive of each invocation, by the map that all its calls share. */
const last = new WeakMap<CallScope['usage'], Promise<unknown>>();

/** Lets an invocation work on one archive at a time: decompressing takes up to 128 MiB of the agent's memory. */
export function oneArchiveAtATime<Result>(
  scope: Pick<CallScope, 'usage'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const result = (last.get(scope.usage) ?? Promise.resolve()).then(work);
  last.set(
    scope.usage,
    result.catch(() => undefined),
  );
  return result;
}
