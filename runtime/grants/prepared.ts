/**
 * What of an entry is the same for every invocation, made once: a policy has hundreds of entries, and a grant is computed before
 * each step. Entries come from files that were read once and are never changed.
 */
import type { JsonObject } from '../../schemas/index.ts';
import type { Capability } from '../capabilities/capability.ts';
import { type GivenInputs, type MadeRule, makeRule, withoutReason } from './entries.ts';
import { holdsExpression } from './substitute.ts';

/** The rule of an entry, filled with the inputs. One without expressions is the same for all of them. */
export function ruleOf(capability: Capability, entry: JsonObject, given: GivenInputs): MadeRule {
  const fixed = memoized(fixedRules, capability, entry, () =>
    holdsExpression(JSON.stringify(entry)) ? undefined : makeRule(capability, entry, undefined),
  );
  return fixed ?? makeRule(capability, entry, given);
}

/** A manifest's entry as `allow: requested` of a policy allows it; undefined where it doesn't. */
export function requestedEntry(capability: Capability, entry: JsonObject): JsonObject | undefined {
  return memoized(requestedEntries, capability, entry, () => {
    const bare = withoutReason(entry);
    return capability.requested === undefined ? bare : capability.requested(bare);
  });
}

/** An exec entry under `profile: workspace`, which never widens it. */
export function confinedEntry(capability: Capability, entry: JsonObject): JsonObject {
  return memoized(confinedEntries, capability, entry, () => ({ ...entry, profile: 'workspace' }));
}

type Memory<Value> = WeakMap<Capability, WeakMap<JsonObject, Value>>;

const fixedRules: Memory<MadeRule | undefined> = new WeakMap();
const requestedEntries: Memory<JsonObject | undefined> = new WeakMap();
const confinedEntries: Memory<JsonObject> = new WeakMap();

function memoized<Value>(memory: Memory<Value>, capability: Capability, entry: JsonObject, make: () => Value): Value {
  const known = memory.get(capability) ?? new WeakMap<JsonObject, Value>();
  memory.set(capability, known);
  const found = known.get(entry);
  if (found !== undefined || known.has(entry)) return found as Value; // It was put there as one.
  const made = make();
  known.set(entry, made);
  return made;
}
