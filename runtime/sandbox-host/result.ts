import type { JsonObject } from '../../schemas/index.ts';

/**
 * How a guest's run ended, as the sandbox host says it. `details` is JSON text: of `returned` the result itself, of the
 * others {@link GuestFailure}. The agent reads it anew: the sandbox host is untrusted.
 */
export interface GuestResult {
  readonly kind: GuestResultKind;
  readonly details: string;
}

/** How an invocation can end, as the host tells it. */
export const guestResultKinds = [
  'returned',
  'threw',
  'plugin_invalid',
  'output_invalid',
  'output_too_large',
  'never_settles',
  'out_of_memory',
] as const;

export type GuestResultKind = (typeof guestResultKinds)[number];

/** What went wrong; each kind fills in what it knows. */
export interface GuestFailure {
  readonly message?: string;
  /** The place in the plugin: `index.ts:3:9`. */
  readonly at?: string;
  /** The host call whose denial or failure nobody caught, by id. */
  readonly call?: number;
  readonly bytes?: number;
  /** What the plugin gave in spite of its failure, and what it says to do about it. */
  readonly outputs?: JsonObject;
  readonly remedy?: string;
}

/** Makes the result for a failure that the sandbox host itself saw. */
export function failed(kind: Exclude<GuestResultKind, 'returned'>, failure: GuestFailure): GuestResult {
  return { kind, details: JSON.stringify(failure) };
}
