import type { ConfinementLevel } from '../supervisor/api.ts';
import type { ProtectionId } from './protections.ts';

/** A text of a source file, and what stands in its place without the protection. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** How one protection is taken away. */
export interface Mutation {
  readonly protection: ProtectionId;
  /** None where a lower level, which leaves it out, is what takes it away: then attacks succeed that are declared there. */
  readonly patches: readonly Patch[];
  /** Where another level holds the same: the one at which this protection is alone. */
  readonly level?: ConfinementLevel;
  /** How the attack succeeds: by an oracle (the default), or because the agent stands still and never says anything again. */
  readonly ends?: 'standstill';
}

/** Puts a text in the place of another. */
export function swap(file: string, find: string, replace: string): Patch {
  return { file, find, replace };
}

/** Takes a text out. */
export function without(file: string, find: string): Patch {
  return swap(file, find, '');
}
