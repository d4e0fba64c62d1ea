import type { Operation, RunInfo } from '../../engine/port.ts';
import { isJsonList, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ApiRequest } from '../http/route.ts';
import { answerIn, onceOnly } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { hasCode, notBegun, runEnded } from './failures.ts';

type Signal = Extract<Operation, { readonly kind: 'signal' }>['signal'];
type TakesEffect = Awaited<ReturnType<ServerParts['submissions']['operate']>>['takesEffect'];

/** An answer to what a run waits for. */
export interface Answerable {
  readonly signal: Signal;
  /** Of what waits for it now. */
  readonly ids: readonly string[];
  /** The id that its sender named. */
  readonly awaited?: string;
}

interface Asked {
  readonly row: RunRow;
  readonly operation: string;
  /** What the answer is, with the run as it is; throws where it can't be one. */
  readonly answerable: (info: RunInfo) => Answerable;
}

type Parts = Pick<ServerParts, 'engine' | 'records' | 'submissions' | 'clock'>;

/**
 * Sends a run an answer. With an Idempotency-Key once: the key is written down with the ids of what is answered before that is done, so
 * that the request that comes again after the server was killed in between is carried out for these ids, and for nothing that waits later.
 */
export async function answerOnce(parts: Parts, request: ApiRequest, asked: Asked): Promise<TakesEffect | 'replayed'> {
  const { row, operation, answerable } = asked;
  const { run, tenant } = row;
  const content = { run, by: request.principal.id, body: request.body };
  const once = onceOnly(parts, request, { tenant, operation, content });
  const before = await once.before();
  if (before !== undefined) return sendAgain(parts, asked, before);
  const { signal, ids, awaited } = answerable(await begunRun(parts, row));
  const named = awaited === undefined ? signal : { ...signal, awaited };
  const claimed = once.claimed({ ids });
  if (claimed === undefined || ids.length === 0) {
    return send(parts, run, ids.length === 1 && ids[0] !== undefined ? { ...named, awaited: ids[0] } : named);
  }
  const other = answerIn(await parts.records.claims.make(claimed, { id: run, at: Math.floor(parts.clock.now()) }));
  if (other !== undefined) return sendAgain(parts, asked, other);
  try {
    return await sendToAll(parts, row, { signal, ids });
  } catch (cause) {
    // What is refused keeps no key. Whether anything else was carried out is not known.
    if (cause instanceof HttpProblem || cause instanceof WaterflowFailure) await parts.records.claims.release(claimed);
    throw cause;
  }
}

/** The request came before: what still waits as it did then has not been answered yet. */
async function sendAgain(parts: Parts, { row, answerable }: Asked, before: JsonObject): Promise<'replayed'> {
  if (row.ended_at !== undefined) return 'replayed';
  const info = await parts.engine.info(row.run);
  const then = isJsonList(before['ids']) ? before['ids'] : [];
  const awaits = info.awaits.filter((one) => then.some((id) => typeof id === 'string' && isOf(one, id)));
  if (awaits.length === 0) return 'replayed';
  const { signal, ids } = answerable({ ...info, awaits });
  // Where the first request is being carried out at this moment, it may be the one that counts.
  for (const awaited of ids) await send(parts, row.run, { ...signal, awaited }).catch(ignoreRefusal);
  return 'replayed';
}

/** To each that waits; taken where one of them takes it. */
async function sendToAll(parts: Parts, { run }: RunRow, { signal, ids }: Answerable): Promise<TakesEffect> {
  let taken: TakesEffect | undefined;
  let refusal: unknown;
  for (const awaited of ids) {
    try {
      taken = await send(parts, run, { ...signal, awaited });
    } catch (cause) {
      refusal ??= cause;
    }
  }
  if (taken === undefined) throw refusal;
  return taken;
}

/** 409 where nothing waits for it; 422 where something does, and does not take it as it is. */
async function send({ submissions, engine }: Parts, run: RunRow['run'], signal: Signal): Promise<TakesEffect> {
  try {
    return (await submissions.operate(run, { kind: 'signal', signal })).takesEffect;
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure) || !hasCode(cause, 'SIGNAL_REFUSED')) throw cause;
    const { awaits } = await engine.info(run);
    const isAwaited = awaits.some(
      (one) => 'name' in one && one.name === signal.name && (signal.awaited === undefined || isOf(one, signal.awaited)),
    );
    throw isAwaited ? new HttpProblem(422, cause.error) : cause;
  }
}

function isOf(one: RunInfo['awaits'][number], id: string): boolean {
  return 'id' in one && one.id === id;
}

function ignoreRefusal(cause: unknown): void {
  if (!hasCode(cause, 'SIGNAL_REFUSED') && !hasCode(cause, 'RUN_STATE') && !(cause instanceof HttpProblem)) throw cause;
}

async function begunRun({ engine }: Parts, row: RunRow): Promise<RunInfo> {
  if (row.ended_at !== undefined) throw runEnded(row.run);
  if (row.status === 'accepted') throw notBegun(row.run);
  return engine.info(row.run);
}
