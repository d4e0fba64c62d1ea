import { capabilities } from '../../../runtime/capabilities/table.ts';
import { makeRule } from '../../../runtime/grants/entries.ts';
import { requestedEntry } from '../../../runtime/grants/prepared.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { Use } from './uses.ts';

/** A use, and the entries of its capability that meet it, by their indices. */
export interface Need {
  readonly use: Use;
  readonly met_by: readonly number[];
  /** The same where a policy allows what is requested: then some entries hold for less. */
  readonly met_as_requested: readonly number[];
}

/** Which entries of a manifest the calls of a suite need. What none meets was asked for and refused. */
export function needsOf(permissions: JsonObject, uses: readonly Use[]): readonly Need[] {
  return uses
    .map((use) => {
      const entries = entriesOf(permissions, use.capability);
      const indices = entries.flatMap((entry, index) => (meets(entry, use) ? [index] : []));
      return {
        use,
        met_by: indices,
        met_as_requested: indices.filter((index) => meetsAsRequested(entries[index] ?? {}, use)),
      };
    })
    .filter(({ met_by }) => met_by.length > 0);
}

/** Whether no other entry of its capability meets it, or none as a policy would allow it that was not written for this plugin. */
export function isOnlyMetBy({ met_by, met_as_requested }: Need, index: number): boolean {
  return [met_by, met_as_requested].some((indices) => indices.length === 1 && indices[0] === index);
}

/** The entries of one capability. */
export function entriesOf(permissions: JsonObject, capability: string): readonly JsonObject[] {
  const entries = permissions[capability];
  return Array.isArray(entries) ? entries.filter((entry: Json) => isJsonObject(entry)) : [];
}

/** Whether the entry, filled with the inputs of that time, allows it and gives it what it was given then. */
export function meets(entry: JsonObject, use: Use): boolean {
  const capability = capabilities.get(use.capability);
  const operation = capability?.operations[use.operation];
  if (capability === undefined || operation === undefined) return false;
  const made = makeRule(capability, entry, { inputs: use.inputs });
  return made.kind === 'rule' && operation.check(made.rule, use.demand).matches && gives(made.rule, use);
}

/** Whether there is such an entry at all with these inputs: one whose expression gives nothing is none. */
export function holdsFor(entry: JsonObject, name: string, inputs: JsonObject): boolean {
  const capability = capabilities.get(name);
  return capability !== undefined && makeRule(capability, entry, { inputs }).kind === 'rule';
}

function meetsAsRequested(entry: JsonObject, use: Use): boolean {
  const capability = capabilities.get(use.capability);
  const requested = capability === undefined ? undefined : requestedEntry(capability, entry);
  return requested !== undefined && meets(requested, use);
}

/** Names that rules of all capabilities have for what they give beyond letting a call happen. */
interface Giving {
  readonly secrets?: readonly string[];
  readonly urlSecrets?: readonly string[];
  readonly profile?: string;
}

function gives(rule: unknown, { given }: Use): boolean {
  // Each of them is an object, which has these fields or not.
  const { secrets, urlSecrets, profile } = rule as Giving;
  const holds = (names: readonly string[] | undefined): boolean =>
    names === undefined || names.includes('*') || (given.secrets ?? []).every((name) => names.includes(name));
  if (given.secret_in?.url === true && !holds(urlSecrets ?? [])) return false;
  if (given.secret_in?.rest === true && !holds(secrets)) return false;
  return given.profile !== 'host' || profile !== 'workspace';
}
