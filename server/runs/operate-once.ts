import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { IdempotencyClaim, RunRow } from '../../storage/records/port.ts';
import type { ApiRequest } from '../http/route.ts';
import { answerIn, idempotencyConflict, type OnceOnly, onceOnly } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { hasCode } from './failures.ts';
import { saysNothingWasDone } from './refusals.ts';

type Parts = Pick<ServerParts, 'engine' | 'records' | 'submissions' | 'clock'>;
/** When what was asked of a run takes effect. */
export type TakesEffect = Awaited<ReturnType<ServerParts['submissions']['operate']>>['takesEffect'];

/** What came of something that is asked of a run. `replayed`: it was done when the same request came before. */
export interface Outcome {
  readonly takesEffect: TakesEffect;
  readonly replayed?: true;
}

/** What can be asked of a run this way. */
export type OnceOperation = 'cancelRun' | 'terminateRun' | 'pauseRun' | 'resumeRun' | 'rerunRun';

/** Something that is asked of a run. */
interface Asked {
  readonly row: RunRow;
  readonly operation: OnceOperation;
  /** `again`: the same request came before, and nobody knows how far it got. */
  readonly carryOut: (more: { readonly again: boolean }) => Promise<TakesEffect>;
}

/** Carries out what a request asks of a run, unless it was when the same request came before. */
export type OperateOnce = (request: ApiRequest, asked: Asked) => Promise<Outcome>;

/**
 * Has what is asked of runs done once where it comes with an Idempotency-Key, however often it comes. The key is written down before it is
 * done, with how far the run is, and once more afterwards; so a request that comes again after the server was killed in between, or where
 * nobody knows how the first ended, is carried out, unless the run shows that it was. What comes at the same moment waits for the first.
 */
export function operatingOnce(parts: Parts): OperateOnce {
  const underWay = new Map<string, Promise<Outcome>>();
  return async (request, asked) => {
    const { row, operation, carryOut } = asked;
    const content = { run: row.run, by: request.principal.id, body: withoutSecrets(request.body) };
    const once = onceOnly(parts, request, { tenant: row.tenant, operation, content });
    const { claim } = once;
    if (claim === undefined) return { takesEffect: await carryOut({ again: false }) };
    const keyed = { once, claim, asked, secrets: secretsIn(request.body) };
    const name = JSON.stringify([claim.tenant, claim.key, claim.fingerprint]);
    const same = underWay.get(name);
    if (same !== undefined) {
      await same;
      return operateKeyed(parts, keyed);
    }
    const first = operateKeyed(parts, keyed).finally(() => underWay.delete(name));
    underWay.set(name, first);
    return await first;
  };
}

/** Something that is asked with a key. */
interface Keyed {
  readonly once: OnceOnly;
  readonly claim: IdempotencyClaim;
  readonly asked: Asked;
  /** The values of its secrets, none of which its claim has. */
  readonly secrets: Readonly<Record<string, string>>;
}

async function operateKeyed(parts: Parts, keyed: Keyed): Promise<Outcome> {
  const { once, claim, asked } = keyed;
  const { claims } = parts.records;
  const known = await once.before();
  if (known !== undefined) return operateAgain(parts, keyed, known);
  const done = await doneBefore(parts, claim);
  if (done !== undefined) return replayed(parts, keyed, done);
  const { attempt, times } = await progressOf(parts, asked);
  const before = { attempt, ...(times === undefined ? {} : { times }) };
  const at = Math.floor(parts.clock.now());
  const meanwhile = answerIn(await claims.make({ ...claim, answer: before }, { id: asked.row.run, at }));
  if (meanwhile !== undefined) return operateAgain(parts, keyed, meanwhile);
  try {
    const takesEffect = await asked.carryOut({ again: false });
    await noteDone(parts, keyed, { ...before, takes_effect: takesEffect });
    return { takesEffect };
  } catch (cause) {
    if (!saysNothingWasDone(cause)) throw cause;
    // Another server may have carried out the same request at this moment.
    const meanwhileDone = await doneBefore(parts, claim);
    if (meanwhileDone !== undefined) return replayed(parts, keyed, meanwhileDone);
    await claims.release(claim);
    throw cause;
  }
}

/** The same request came before; `before` is how far the run was then. Its claim is not this one's to release. */
async function operateAgain(parts: Parts, keyed: Keyed, before: JsonObject): Promise<Outcome> {
  const { claim, asked } = keyed;
  const done = await doneBefore(parts, claim);
  if (done !== undefined) return replayed(parts, keyed, done);
  if (wasDone(await progressOf(parts, asked), before)) return replayed(parts, keyed, before);
  try {
    const takesEffect = await asked.carryOut({ again: true });
    await noteDone(parts, keyed, { ...before, takes_effect: takesEffect });
    return { takesEffect, replayed: true };
  } catch (cause) {
    // It may have been done before all the same, or by another server at this moment: then that is what keeps this one from it.
    if (!hasCode(cause, 'RUN_STATE')) throw cause;
    const progress = await progressOf(parts, asked);
    if (!wasDone(progress, before) && !hasComeTo(asked.operation, progress.status)) throw cause;
    return replayed(parts, keyed, before);
  }
}

/** Whoever has the request has the values of its secrets, too: those that the run has lost since it gets again. 422 where one is another. */
async function replayed(parts: Parts, { asked, secrets }: Keyed, before: JsonObject): Promise<Outcome> {
  if (Object.keys(secrets).length > 0) {
    const { attempt } = await progressOf(parts, asked);
    const then = typeof before['attempt'] === 'number' ? before['attempt'] : 0;
    // A later attempt has values of its own.
    const isOfNow = attempt === (asked.operation === 'rerunRun' ? then + 1 : then);
    if (isOfNow && !(await parts.submissions.repeatedWith(asked.row.run, secrets))) throw idempotencyConflict();
  }
  return { takesEffect: before['takes_effect'] === 'when resumed' ? 'when resumed' : 'now', replayed: true };
}

/** How far the run was before it was done, and when it took effect; undefined where nobody has said that it was done. */
async function doneBefore({ records, clock }: Parts, claim: IdempotencyClaim): Promise<JsonObject | undefined> {
  const known = await records.runs.repeated(doneClaim(claim), Math.floor(clock.now()));
  return known === undefined ? undefined : answerIn(known);
}

async function noteDone({ records, clock }: Parts, { claim, asked }: Keyed, answer: JsonObject): Promise<void> {
  const at = Math.floor(clock.now());
  await records.claims.make({ ...doneClaim(claim), answer }, { id: asked.row.run, at });
}

/** Another key than any of a request, none of which holds a line break. */
function doneClaim(claim: IdempotencyClaim): IdempotencyClaim {
  return { ...claim, key: `${claim.key}\ndone` };
}

/** How far a run is. */
interface Progress {
  readonly attempt: number;
  readonly status: RunRow['status'];
  /** How often it was asked for the same, where {@link eventOf} has that. */
  readonly times?: number;
}

/** The event of a run that tells of an operation. Of the others what the run is at tells enough. */
const eventOf: Readonly<Partial<Record<OnceOperation, string>>> = {
  pauseRun: 'pause_requested',
  resumeRun: 'resume_requested',
};

/** The engine knows it before the row does. SERVER_UNAVAILABLE where it can't be asked at the moment: what the row says may be too old. */
async function progressOf({ engine, records }: Parts, asked: Asked): Promise<Progress> {
  const { status, attempt, run } = (await records.runs.get(asked.row.run)) ?? asked.row;
  if (status === 'accepted') return { attempt, status };
  const info = await engine.info(run).catch((cause: unknown) => {
    if (hasCode(cause, 'SERVER_UNAVAILABLE')) throw cause;
    return undefined;
  });
  if (info === undefined) return { attempt, status };
  const event = eventOf[asked.operation];
  if (event === undefined) return info;
  let times = 0;
  for await (const { type, job } of engine.readings.events(run, 0)) if (type === event && job === undefined) times += 1;
  return { ...info, times };
}

/** True where the run is further than when the request came first: it was carried out, or is not what it was asked for any more. */
function wasDone({ attempt, times = 0 }: Progress, before: JsonObject): boolean {
  return attempt !== before['attempt'] || (typeof before['times'] === 'number' && times > before['times']);
}

/** True for what a run is at once the operation was carried out. Of a rerun its attempt tells. */
function hasComeTo(operation: OnceOperation, status: Progress['status']): boolean {
  switch (operation) {
    case 'cancelRun':
    case 'terminateRun':
      return status === 'cancelled';
    case 'pauseRun':
      return status === 'paused';
    case 'resumeRun':
      return status !== 'paused';
    default:
      return false;
  }
}

/** Of secrets only the names tell requests apart: a digest of their values would be one more place from which to guess them. */
function withoutSecrets(body: unknown): Json {
  // It was JSON, or there was none.
  const { secrets, ...rest } = (body ?? {}) as { readonly [name: string]: Json };
  return { ...rest, ...(isJsonObject(secrets) ? { secrets: Object.keys(secrets).toSorted() } : {}) };
}

function secretsIn(body: unknown): Readonly<Record<string, string>> {
  // The schema of the body says so, where it has any.
  return ((body ?? {}) as { readonly secrets?: Readonly<Record<string, string>> }).secrets ?? {};
}
