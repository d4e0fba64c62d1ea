import { type Digest, type RunId } from '../../../schemas/index.ts';
import type { Added, Claimed, IdempotencyClaim, Submitted } from '../port.ts';
import { type Operation, sql } from '../sql.ts';
import { jsonFrom, keyOf, textFrom } from '../text.ts';

type Named = Pick<IdempotencyClaim, 'tenant' | 'key' | 'fingerprint'>;

/** How often another server may remove it in between. */
const attempts = 5;

/** What is made with a claim: its id, and the present. */
interface Made {
  readonly id: string;
  readonly created_at: number;
}

/** Makes the claim; what came before it where it was made already and still holds. */
export function* claim(given: Claimed, made: Made): Operation<Submitted | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const claimed = yield sql`INSERT INTO claims (claim, fingerprint, run, answer, expires_at)
      VALUES (${keyOf(given.tenant, given.key)}, ${given.fingerprint}, ${made.id}, ${JSON.stringify(given.answer)}, ${given.expires_at})
      ON CONFLICT (claim) DO UPDATE SET fingerprint = excluded.fingerprint, run = excluded.run, answer = excluded.answer,
        expires_at = excluded.expires_at
      WHERE claims.expires_at <= ${made.created_at} RETURNING run`;
    if (claimed.length > 0) return undefined;
    const before = yield* readClaim(given, made.created_at);
    // Between the two another server may have removed one that had expired by its own clock.
    if (before !== undefined) return before;
  }
  throw new TypeError(
    `the claim was neither made nor there: it expires at ${given.expires_at}, made at ${made.created_at}`,
  );
}

/** Writes what isn't a run together with its claim, or neither where that was made before. */
export function* claiming(given: Claimed | undefined, made: Made, write: () => Operation<void>): Operation<Added> {
  const before = given === undefined ? undefined : yield* claim(given, made);
  if (before?.kind === 'repeated') return { kind: 'repeated', answer: before.answer };
  if (before !== undefined) return before;
  yield* write();
  return { kind: 'created' };
}

/** Makes the claim alone. */
export function* makeClaim(given: Claimed, { id, at }: { readonly id: string; readonly at: number }): Operation<Added> {
  return yield* claiming(given, { id, created_at: at }, function* () {});
}

/** Takes a claim away, unless another request has made one under its key meanwhile. */
export function* releaseClaim({ tenant, key, fingerprint }: Named): Operation<void> {
  yield sql`DELETE FROM claims WHERE claim = ${keyOf(tenant, key)} AND fingerprint = ${fingerprint}`;
}

/** What a request with this claim comes to; undefined where there is none, or it has expired. */
export function* readClaim(given: Named, now: number): Operation<Submitted | undefined> {
  const [row] = yield sql`SELECT fingerprint, run, answer FROM claims
    WHERE claim = ${keyOf(given.tenant, given.key)} AND expires_at > ${now}`;
  if (row === undefined) return undefined;
  const fingerprint: Digest = given.fingerprint;
  if (textFrom(row, 'fingerprint') !== fingerprint) return { kind: 'conflict' };
  return { kind: 'repeated', run: textFrom(row, 'run') as RunId, answer: jsonFrom(row, 'answer') };
}
