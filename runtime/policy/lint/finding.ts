import type { Rule } from '../../../schemas/generated/policy.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import type { DocumentPath } from '../../documents/yaml-document.ts';

/** Something in a policy that is right as such, and probably not what was meant. */
export interface Finding {
  readonly code: 'POLICY_SHADOWED' | 'POLICY_UNMATCHED' | 'POLICY_WIDE' | 'POLICY_CONDITION';
  readonly severity: 'error' | 'warning';
  /** What it is about, from the top of the file. */
  readonly path: DocumentPath;
  readonly message: string;
  readonly remedy: string;
}

/** One entry that a rule writes out. */
export interface WrittenEntry {
  readonly rule: number;
  readonly part: 'allow' | 'deny';
  readonly capability: string;
  readonly index: number;
  readonly entry: JsonObject;
}

/** Where the entry stands. */
export function pathOfEntry({ rule, part, capability, index }: WrittenEntry): DocumentPath {
  return ['rules', rule, part, capability, index];
}

/** The entries that a rule writes out under `allow` or `deny`. */
export function entriesIn(rule: Rule, index: number, part: 'allow' | 'deny'): readonly WrittenEntry[] {
  const entries = rule[part];
  if (typeof entries !== 'object') return [];
  return Object.entries(entries).flatMap(([capability, list]) =>
    // The document is JSON, and the schema leaves only lists of objects here.
    list.map((entry, at) => ({ rule: index, part, capability, index: at, entry: entry as JsonObject })),
  );
}
