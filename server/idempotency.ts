import type { Json, JsonObject } from '../schemas/index.ts';
import type { Added, Claimed, IdempotencyClaim, Submitted } from '../storage/records/port.ts';
import { HttpProblem } from './http/problem.ts';
import type { ApiRequest, ApiResponse, Schema } from './http/route.ts';
import type { ServerParts } from './parts.ts';
import { canonicalDigest } from './runs/request.ts';

/** How long a request can be sent again, and is answered the same. */
export const claimMs: number = 24 * 60 * 60 * 1000;

/** The header of operations that make something. */
export const idempotencyKey: Schema = {
  type: 'string',
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description:
    'Made by the client, a new one for each thing that it wants. The same request with the same key makes one within 24 hours.',
};

/** The header that tells an answer of before. */
export const replayedHeader = {
  'Idempotency-Replayed': {
    description: '`true` where the request came before with the same `Idempotency-Key`.',
    schema: { type: 'string' },
  },
} as const;

/** The key that a request came with. */
export function idempotencyKeyOf({ headers }: Pick<ApiRequest, 'headers'>): string | undefined {
  const key = headers['idempotency-key'];
  return typeof key === 'string' ? key : undefined;
}

/** Something that is made once, however often the request comes. */
export interface OnceOnly {
  /** Undefined where the request came without a key. */
  readonly claim: IdempotencyClaim | undefined;
  /** With what is written goes this, and what repeated requests are answered. */
  readonly claimed: (answer: JsonObject) => Claimed | undefined;
  /** What was answered before; undefined the first time. 422 where another request came with the key. */
  readonly before: () => Promise<JsonObject | undefined>;
}

/** `content` is what tells requests of an operation apart: no secret, whose digest would be one more place to guess it from. */
export function onceOnly(
  { records, clock }: Pick<ServerParts, 'records' | 'clock'>,
  request: Pick<ApiRequest, 'headers'>,
  of: { readonly tenant: string; readonly operation: string; readonly content: Readonly<Record<string, unknown>> },
): OnceOnly {
  const key = idempotencyKeyOf(request);
  if (key === undefined)
    return { claim: undefined, claimed: () => undefined, before: () => Promise.resolve(undefined) };
  // It was JSON.
  const fingerprint = canonicalDigest([of.operation, of.tenant, of.content as Json]);
  const now = Math.floor(clock.now());
  const claim: IdempotencyClaim = { tenant: of.tenant, key, fingerprint, expires_at: now + claimMs };
  return {
    claim,
    claimed: (answer) => ({ ...claim, answer }),
    async before() {
      const known = await records.runs.repeated(claim, now);
      return known === undefined ? undefined : answerIn(known);
    },
  };
}

/** What was answered to a request of before; undefined where this one made something. 422 where the key came with another request. */
export function answerIn(added: Added | Submitted): JsonObject | undefined {
  if (added.kind === 'conflict') throw idempotencyConflict();
  return added.kind === 'repeated' ? added.answer : undefined;
}

/** The key came with another request. */
export function idempotencyConflict(): HttpProblem {
  return new HttpProblem(422, {
    code: 'IDEMPOTENCY_CONFLICT',
    message: 'another request came with this Idempotency-Key within the last 24 hours',
    remedy: 'Make a new key for each thing that you want, and use one again only to send the same request again.',
  });
}

/**
 * What was made when the request came before has been removed since: to make it again could undo what somebody meant, and to answer as
 * before would tell of something that isn't there.
 */
export function removedSince(what: string): HttpProblem {
  return new HttpProblem(409, {
    code: 'CONFLICT',
    message: `this request made ${what} before, which was removed since`,
    remedy: 'To make it again, send the request with a new Idempotency-Key.',
  });
}

/** 201, with what was made now or before. */
export function createdAnswer(
  value: JsonObject,
  { location, replayed }: { readonly location: string; readonly replayed: boolean },
): ApiResponse {
  const headers = { Location: location, ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}) };
  return { status: 201, headers, body: { kind: 'json', value } };
}
