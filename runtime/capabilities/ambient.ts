import type { Json, JsonObject } from '../../schemas/index.ts';
import { requireAuthorized } from '../grants/brand.ts';
import type { CallScope, Capability, Operation } from './capability.ts';

type AmbientOperation<Args> = Operation<never, undefined, Args>;

/** The schema of an operation that takes nothing. */
export const noArguments: JsonObject = { type: 'object', additionalProperties: false };

/** An operation without rules: whoever runs may call it, with arguments that fit the schema. */
export function ambientOperation<Args>(
  argsSchema: JsonObject,
  perform: (args: Args, scope: CallScope) => Promise<Json>,
): AmbientOperation<Args> {
  return {
    argsSchema,
    check: () => ({ matches: true }),
    perform(authorized, scope) {
      requireAuthorized(authorized);
      return perform(authorized.args, scope);
    },
  };
}

/**
 * A capability that is always there: mediated and recorded like any other, but with no permission entries, since it gives
 * no power over anything outside the invocation.
 */
export function ambientCapability(
  name: string,
  description: string,
  operations: Readonly<Record<string, AmbientOperation<unknown>>>,
): Capability<never, undefined> {
  const problem = `\`${name}\` is always there and takes no permission entries`;
  return {
    name,
    description,
    ambient: true,
    entrySchema: { not: {} },
    parse: () => ({ problem }),
    quote: () => ({ problem }),
    narrow: () => undefined,
    explain: () => description,
    operations,
  };
}
