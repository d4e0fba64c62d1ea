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
  readonly patches: readonly Patch[];
  /** Where another level holds the same: the one at which this protection is alone. */
  readonly level?: ConfinementLevel;
}

/** Puts a text in the place of another. */
export function swap(file: string, find: string, replace: string): Patch {
  return { file, find, replace };
}

/** Takes a text out. */
export function without(file: string, find: string): Patch {
  return swap(file, find, '');
}
