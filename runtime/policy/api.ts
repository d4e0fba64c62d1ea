import type { PolicyFile } from '../../schemas/generated/policy.ts';

/** A policy file, read and checked. `file` stands in denials; `lines` gives the line of each rule. */
export interface Policy {
  readonly file: string;
  readonly content: PolicyFile;
  readonly lines: readonly number[];
  /** The line of each of its quotas. */
  readonly quota_lines?: { readonly run?: number; readonly tenant?: number };
  /** The line of each entry that a rule writes out, by {@link entryName}. */
  readonly entry_lines: ReadonlyMap<string, number>;
}

/** Names one entry of a policy, by its rule's index: `3 deny net[0]`. */
export function entryName(
  rule: number,
  part: 'allow' | 'deny',
  entry: { readonly capability: string; readonly index: number },
): string {
  return `${rule} ${part} ${entry.capability}[${entry.index}]`;
}
