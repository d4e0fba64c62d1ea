import { isJsonObject, type Json, WaterflowFailure } from '../../schemas/index.ts';
import type { IdempotencyClaim, RunRow } from '../../storage/records/port.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ApiRequest } from '../http/route.ts';
import { answerIn, type OnceOnly, onceOnly } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';

type Parts = Pick<ServerParts, 'engine' | 'records' | 'submissions' | 'clock'>;
type TakesEffect = Awaited<ReturnType<ServerParts['submissions']['operate']>>['takesEffect'];

/** Something that is asked of a run. */
interface Asked {
  readonly row: RunRow;
  readonly operation: string;
  readonly carryOut: () => Promise<TakesEffect>;
}

/** Carries out what a request asks of a run; `replayed`: it was when the same request came before. */
export type OperateOnce = (request: ApiRequest, asked: Asked) => Promise<TakesEffect | 'replayed'>;

/**
 * Has what is asked of runs done once where it comes with an Idempotency-Key, however often it comes. The key is written down before it is
 * done, with the attempt that the run is at, and once more afterwards; so a request that comes again after the server was killed in
 * between is carried out, unless the run is at a later attempt by then. What comes at the same moment waits for the first.
 */
export function operatingOnce(parts: Parts): OperateOnce {
  const underWay = new Map<string, Promise<TakesEffect | 'replayed'>>();
  return async (request, asked) => {
    const { row, operation, carryOut } = asked;
    const content = { run: row.run, by: request.principal.id, body: withoutSecrets(request.body) };
    const once = onceOnly(parts, request, { tenant: row.tenant, operation, content });
    if (once.claim === undefined) return await carryOut();
    const { tenant, key, fingerprint } = once.claim;
    const name = JSON.stringify([tenant, key, fingerprint]);
    const same = underWay.get(name);
    if (same !== undefined) {
      await same;
      return 'replayed';
    }
    const first = keyed(parts, asked, { once, claim: once.claim }).finally(() => underWay.delete(name));
    underWay.set(name, first);
    return await first;
  };
}

interface Keyed {
  readonly once: OnceOnly;
  readonly claim: IdempotencyClaim;
}

async function keyed(parts: Parts, asked: Asked, { once, claim }: Keyed): Promise<TakesEffect | 'replayed'> {
  const { claims } = parts.records;
  const of = { id: asked.row.run, at: Math.floor(parts.clock.now()) };
  const attempt = await attemptOf(parts, asked.row);
  const claimed = { ...claim, answer: { attempt } };
  const before = (await once.before()) ?? answerIn(await claims.make(claimed, of));
  // Another key than any of a request, none of which holds a line break.
  const done = { ...claim, key: `${claim.key}\ndone`, answer: {} };
  if (before !== undefined) {
    const wasDone = (await parts.records.runs.repeated(done, of.at)) !== undefined;
    if (wasDone || before['attempt'] !== attempt) return 'replayed';
  }
  const effect = await refusedWithoutKey(asked.carryOut, () => claims.release(claim));
  await claims.make(done, of);
  return before === undefined ? effect : 'replayed';
}

/** What is refused keeps no key. Whether anything else was carried out is not known. */
async function refusedWithoutKey<Result>(act: () => Promise<Result>, release: () => Promise<void>): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof HttpProblem || cause instanceof WaterflowFailure) await release();
    throw cause;
  }
}

/** The engine knows it before the row does. */
async function attemptOf({ engine }: Parts, { run, status, attempt }: RunRow): Promise<number> {
  if (status === 'accepted') return attempt;
  return (await engine.info(run).catch(() => undefined))?.attempt ?? attempt;
}

/** Of secrets only the names tell requests apart: a digest of their values would be one more place from which to guess them. */
function withoutSecrets(body: unknown): Json {
  // It was JSON, or there was none.
  const { secrets, ...rest } = (body ?? {}) as { readonly [name: string]: Json };
  return { ...rest, ...(isJsonObject(secrets) ? { secrets: Object.keys(secrets).toSorted() } : {}) };
}
