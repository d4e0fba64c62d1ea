import type { PolicyFile } from '../../schemas/generated/policy.ts';

/** A policy file, read and checked. `file` stands in denials; `lines` gives the line of each rule. */
export interface Policy {
  readonly file: string;
  readonly content: PolicyFile;
  readonly lines: readonly number[];
}
