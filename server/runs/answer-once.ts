import type { Operation, RunInfo } from '../../engine/port.ts';
import { isJsonList, isJsonObject, type JsonObject, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ApiRequest } from '../http/route.ts';
import { answerIn, type OnceOnly, onceOnly } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { hasCode, notBegun, runEnded } from './failures.ts';
import type { Outcome, TakesEffect } from './operate-once.ts';
import { saysNothingWasDone } from './refusals.ts';
import { canonicalDigest } from './request.ts';

type Signal = Extract<Operation, { readonly kind: 'signal' }>['signal'];

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
export async function answerOnce(parts: Parts, request: ApiRequest, asked: Asked): Promise<Outcome> {
  const { row, operation } = asked;
  const content = { run: row.run, by: request.principal.id, body: request.body };
  const once = onceOnly(parts, request, { tenant: row.tenant, operation, content });
  const before = await once.before();
  if (before !== undefined) return sendAgain(parts, asked, before);
  try {
    return await sendFirst(parts, asked, once);
  } catch (cause) {
    // The same request may have come at the same time and been quicker: then nothing waits for this one any more.
    const meanwhile = isRefusal(cause) ? await once.before() : undefined;
    if (meanwhile === undefined) throw cause;
    return sendAgain(parts, asked, meanwhile);
  }
}

async function sendFirst(parts: Parts, asked: Asked, once: OnceOnly): Promise<Outcome> {
  const { row, answerable } = asked;
  const { run } = row;
  const { signal, ids, awaited } = answerable(await begunRun(parts, row));
  const named = awaited === undefined ? signal : { ...signal, awaited };
  const claimed = once.claimed({ ids });
  if (claimed === undefined || ids.length === 0) {
    const one = ids.length === 1 && ids[0] !== undefined ? { ...named, awaited: ids[0] } : named;
    return { takesEffect: await send(parts, run, one) };
  }
  const other = answerIn(await parts.records.claims.make(claimed, { id: run, at: Math.floor(parts.clock.now()) }));
  if (other !== undefined) return sendAgain(parts, asked, other);
  try {
    return { takesEffect: await sendToAll(parts, run, { signal, ids }) };
  } catch (cause) {
    // What is refused keeps no key.
    if (saysNothingWasDone(cause)) await parts.records.claims.release(claimed);
    throw cause;
  }
}

/** The request came before: what still waits as it did then has not been answered yet. */
async function sendAgain(parts: Parts, { row, answerable }: Asked, before: JsonObject): Promise<Outcome> {
  if (row.ended_at !== undefined) return { takesEffect: 'now', replayed: true };
  const info = await parts.engine.info(row.run);
  const then = isJsonList(before['ids']) ? before['ids'] : [];
  const awaits = info.awaits.filter((one) => then.some((id) => typeof id === 'string' && isOf(one, id)));
  if (awaits.length === 0) return { takesEffect: 'now', replayed: true };
  const takesEffect = await sendToAll(parts, row.run, answerable({ ...info, awaits }));
  return { takesEffect, replayed: true };
}

/**
 * To each that waits; taken where one of them takes it, or took it from the same request that came at the same moment: whichever of
 * the two is second is refused, and answered as the first.
 */
async function sendToAll(parts: Parts, run: RunId, { signal, ids }: Answerable): Promise<TakesEffect> {
  let taken: TakesEffect | undefined;
  let refusal: unknown;
  for (const awaited of ids) {
    try {
      taken = await send(parts, run, { ...signal, awaited });
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      refusal ??= cause;
    }
  }
  if (taken !== undefined) return taken;
  if (await wasTaken(parts, run, { signal, ids })) return 'now';
  throw refusal;
}

/** True where the run has this very answer, from the same person to the same question. */
async function wasTaken({ engine }: Parts, run: RunId, { signal, ids }: Answerable): Promise<boolean> {
  const wanted = new Set(ids.map((awaited) => signalDigest({ ...signal, awaited })));
  for await (const { type, event } of engine.readings.events(run, 0)) {
    if (type === 'signal_received' && isJsonObject(event['signal']) && wanted.has(canonicalDigest(event['signal']))) {
      return true;
    }
  }
  return false;
}

function signalDigest({ name, by, payload, awaited }: Signal & { readonly awaited: string }): string {
  return canonicalDigest({ name, by, payload, awaited });
}

/** 409 where nothing waits for it; 422 where something does, and does not take it as it is. */
async function send({ submissions, engine }: Parts, run: RunId, signal: Signal): Promise<TakesEffect> {
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

/** True for what says that nothing waits for an answer, or not for this one. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof HttpProblem || hasCode(cause, 'SIGNAL_REFUSED', 'RUN_STATE');
}

async function begunRun({ engine }: Parts, row: RunRow): Promise<RunInfo> {
  if (row.ended_at !== undefined) throw runEnded(row.run);
  if (row.status === 'accepted') throw notBegun(row.run);
  return engine.info(row.run);
}
