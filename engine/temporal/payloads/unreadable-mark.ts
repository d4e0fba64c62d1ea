import type { WaterflowError } from '../../../schemas/index.ts';
import type { UnreadableKind } from './failures.ts';

/** What a workflow gets in the place of a payload that never can be read. This module is a part of the workflows' script, too. */
export interface UnreadableMark {
  readonly 'waterflow/unreadable': { readonly kind: Exclude<UnreadableKind, 'later'>; readonly error: WaterflowError };
}

const key = 'waterflow/unreadable';

/** Makes one. */
export function unreadableMark(kind: Exclude<UnreadableKind, 'later'>, error: WaterflowError): UnreadableMark {
  return { [key]: { kind, error } };
}

/** What a value is instead of what it should be; undefined where it is that. */
export function markIn(value: unknown): UnreadableMark[typeof key] | undefined {
  if (typeof value !== 'object' || value === null || !(key in value)) return undefined;
  // Encrypted data of others never looks so; where nothing is encrypted, whoever writes this only has it left out.
  return (value as UnreadableMark)[key];
}
