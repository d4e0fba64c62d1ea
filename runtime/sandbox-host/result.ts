import type { JsonObject } from '../../schemas/index.ts';
import type { AuthorPlaces } from './author-places.ts';

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

/** The result, or that it is too large. A step that failed has a better error than that, so it loses its outputs instead. */
export function withinLimit(result: GuestResult, limit: number): GuestResult {
  const bytes = Buffer.byteLength(result.details);
  if (bytes <= limit) return result;
  if (result.kind === 'returned') return failed('output_too_large', { bytes });
  // The prelude wrote it.
  const { outputs: _tooLarge, ...rest }: GuestFailure = JSON.parse(result.details);
  return { kind: result.kind, details: JSON.stringify(rest) };
}

/** The same, with a place of the author's own files where there is one of a bundle. */
export function withPlaces(result: GuestResult, places: AuthorPlaces): GuestResult {
  if (result.kind !== 'threw') return result;
  // As above: the prelude wrote it, or this process.
  const failure: GuestFailure = JSON.parse(result.details);
  const { at } = failure;
  if (typeof at !== 'string') return result;
  return { kind: result.kind, details: JSON.stringify({ ...failure, at: places(at) }) };
}
