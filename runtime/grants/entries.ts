import { joinEvaluated } from '../../dsl/expressions/index.ts';
import {
  assertNever,
  type EvaluatedTemplate,
  isJsonObject,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type Permissions,
  type Position,
} from '../../schemas/index.ts';
import type { Capability } from '../capabilities/capability.ts';
import { secretsOfAuth } from '../capabilities/net/auth.ts';
import { checkSchema, type SchemaProblem } from '../documents/schema-check.ts';
import { type Filled, fillEvaluated, shownGiven } from './filling.ts';
import { fillEntry, type GivenInputs, holdsExpression } from './substitute.ts';

export type { GivenInputs };

/** What became of an entry. `problem` says which value is to blame where one is, and `at` where it comes from in a workflow file. */
export type MadeRule =
  | { readonly kind: 'rule'; readonly rule: unknown }
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'problem'; readonly problem: string; readonly from_inputs: boolean; readonly at?: Position };

/** What is wrong with an entry as it is written. A field that holds an expression is checked when it is filled. */
export function checkEntry(capability: Capability, entry: JsonObject): readonly SchemaProblem[] {
  const bare = withoutReason(entry);
  const problems = checkSchema(capability.entrySchema, bare).filter(
    ({ path, part }) => part === 'key' || !holdsExpression(JSON.stringify(valueAt(bare, path))),
  );
  if (problems.length > 0 || holdsExpression(JSON.stringify(bare))) return problems;
  const parsed = capability.parse(bare);
  if ('rule' in parsed) return [];
  return [{ path: [], part: 'value', keyword: 'grammar', message: parsed.problem, remedy: 'Change the entry.' }];
}

/** Fills (where there are inputs to fill it with), checks and parses one entry. */
export function makeRule(capability: Capability, entry: JsonObject, given: GivenInputs | undefined): MadeRule {
  const bare = withoutReason(entry);
  return ruleOfFilled(
    capability,
    given === undefined ? { kind: 'filled', entry: bare, given: [] } : fillEntry(bare, capability, given),
  );
}

/**
 * Puts together, checks and parses an entry of a workflow file. A list where the file has one expression is refused: whoever wrote the
 * entry gave one thing, and a value doesn't make several of it.
 */
export function makeLayerRule(capability: Capability, entry: EvaluatedTemplate): MadeRule {
  return ruleOfFilled(capability, fillEvaluated(withoutWrittenReason(entry), capability, { lists: 'refused' }));
}

/** The entries of a layer as they read, for what isn't decided by a grammar: nothing in them is quoted. */
export function plainEntries({ entries }: PermissionLayer): Permissions {
  const plain = ([name, list]: readonly [string, readonly EvaluatedTemplate[]]): readonly [string, JsonObject[]] => [
    name,
    list.map(joinEvaluated).filter((entry) => isJsonObject(entry)),
  ];
  return Object.fromEntries(Object.entries(entries).map(plain));
}

/** The reason that an entry of a workflow file gives. */
export function writtenReason(entry: EvaluatedTemplate): Json | undefined {
  const plain = joinEvaluated(entry);
  return isJsonObject(plain) ? plain['reason'] : undefined;
}

function ruleOfFilled(capability: Capability, filled: Filled): MadeRule {
  switch (filled.kind) {
    case 'dropped':
      return filled;
    case 'refused': {
      const { problem, at } = filled;
      return { kind: 'problem', problem, from_inputs: true, ...(at === undefined ? {} : { at }) };
    }
    case 'filled': {
      const [misfit] = checkSchema(capability.entrySchema, filled.entry);
      if (misfit !== undefined) return problemOfFilled(misfit.message, filled);
      const parsed = capability.parse(filled.entry);
      return 'rule' in parsed ? { kind: 'rule', rule: parsed.rule } : problemOfFilled(parsed.problem, filled);
    }
    default:
      return assertNever(filled);
  }
}

function problemOfFilled(problem: string, { given }: Filled & { readonly kind: 'filled' }): MadeRule {
  const [first] = given;
  if (first === undefined) return { kind: 'problem', problem, from_inputs: false };
  return { kind: 'problem', problem: `${problem}; ${shownGiven(given)}`, from_inputs: true, at: first.at };
}

/**
 * Where a layer's `secrets` entries say `to`, no other capability's entries of that layer may name those secrets. Returns
 * the first that does.
 */
export function misdirectedSecret(
  permissions: Readonly<Record<string, readonly JsonObject[]>>,
): { readonly capability: string; readonly index: number; readonly name: string } | undefined {
  const reach = new Map<string, ReadonlySet<string>>();
  for (const entry of permissions['secrets'] ?? []) {
    if (!Array.isArray(entry['names']) || !Array.isArray(entry['to'])) continue;
    const to = entry['to'].map(String);
    for (const name of entry['names'].map(String)) reach.set(name, new Set([...(reach.get(name) ?? []), ...to]));
  }
  for (const [capability, entries] of Object.entries(permissions)) {
    for (const [index, entry] of entries.entries()) {
      const name = namedSecrets(capability, entry).find((candidate) => reach.get(candidate)?.has(capability) === false);
      if (name !== undefined) return { capability, index, name };
    }
  }
  return undefined;
}

/** Keys of an entry by which the agent logs in, each the name of a secret. */
const loginKeys: Readonly<Record<string, readonly string[]>> = {
  ssh: ['key', 'passphrase', 'password'],
  mail: ['password'],
};

/** The secrets that an entry lets go out: by `secrets`, by net's `auth`, by a login. */
function namedSecrets(capability: string, entry: JsonObject): readonly string[] {
  const named = ['secrets', 'url-secrets'].flatMap((key): readonly Json[] => {
    const names = entry[key];
    return Array.isArray(names) ? names : [];
  });
  const login = (loginKeys[capability] ?? []).flatMap((key) => entry[key] ?? []);
  return [...named, ...login].map(String).concat(secretsOfAuth(entry['auth']));
}

/** The names of all secrets that entries are about; one may be an expression over the inputs, and `*` stands for none by name. */
export function secretsNamedIn(permissions: Readonly<Record<string, readonly JsonObject[]>>): readonly string[] {
  const named = Object.entries(permissions).flatMap(([capability, entries]) =>
    entries.flatMap((entry) => [
      ...namedSecrets(capability, entry),
      ...(capability === 'secrets' && Array.isArray(entry['names']) ? entry['names'].map(String) : []),
    ]),
  );
  return [...new Set(named)].filter((name) => name !== '*');
}

/** The entry in its capability's own form. */
export function withoutReason(entry: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'reason'));
}

function withoutWrittenReason(entry: EvaluatedTemplate): EvaluatedTemplate {
  if (entry.kind === 'object') return { ...entry, entries: entry.entries.filter(([key]) => key !== 'reason') };
  return entry.kind === 'literal' && isJsonObject(entry.value)
    ? { kind: 'literal', value: withoutReason(entry.value) }
    : entry;
}

function valueAt(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    // An array's items are its own properties too.
    found = Object.getOwnPropertyDescriptor(found, String(step))?.value as Json | undefined;
  }
  return found;
}
