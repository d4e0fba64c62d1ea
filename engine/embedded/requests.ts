import {
  isJsonObject,
  type Json,
  type JsonObject,
  type RunId,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { Inbox, PostedRequest } from '../../storage/index.ts';
import { driverSilent, machineryFailure, requestUnknown } from '../driving/failures.ts';
import type { Operation } from '../port.ts';
import type { Clock } from './api.ts';

/** A process that drives a run looks at its inbox several times a second; one that takes longer hangs or is stopped. */
const answerWithinMs = 10_000;

/** What asking the process that drives a run needs. */
export interface AskingParts {
  readonly run: RunId;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Whether a process drives the run. */
  readonly isDriven: () => boolean;
}

/**
 * Has the process that drives a run carry out an operation. False where that process ended before it took the request. Throws what
 * keeps it from that, or RUN_LOCKED where it doesn't answer in time.
 */
export async function askDriver(operation: Operation, parts: AskingParts): Promise<boolean> {
  const { run, inbox, clock } = parts;
  const now = Math.floor(clock.now());
  const id = `${String(now).padStart(15, '0')}-${Buffer.from(parts.randomBytes(8)).toString('hex')}`;
  // An Operation is JSON; its interfaces only lack JsonObject's index signature.
  const content: Json = { version: 1, operation: operation as unknown as JsonObject };
  using request = inbox.post({ id, expires_at: now + answerWithinMs, content });
  const end = await waitForAnswer(request, parts);
  if (end === 'not taken') return false;
  if (end === 'unanswered') throw driverSilent(run, { taken: false });
  if (end === 'taken') throw driverSilent(run, { taken: true });
  if (isJsonObject(end.answer) && isJsonObject(end.answer['error'])) {
    // answerRequests() wrote it.
    throw new WaterflowFailure(end.answer['error'] as unknown as WaterflowError);
  }
  return true;
}

type Waited = { readonly answer: Json } | 'not taken' | 'unanswered' | 'taken';

async function waitForAnswer(request: PostedRequest, { clock, isDriven }: AskingParts): Promise<Waited> {
  const { promise, resolve, reject } = Promise.withResolvers<Waited>();
  const look = (): void => {
    try {
      // In this order: a process answers before it leaves.
      const driven = isDriven();
      const answer = request.answer();
      if (answer !== undefined) resolve({ answer });
      else if (!driven) resolve(request.withdraw() ? 'not taken' : 'taken');
    } catch (cause) {
      reject(cause);
    }
  };
  using _listening = request.listen(look);
  const stopWaiting = clock.after(answerWithinMs, () => resolve(request.withdraw() ? 'unanswered' : 'taken'));
  look();
  try {
    return await promise;
  } finally {
    stopWaiting();
  }
}

/** Carries out what waits in a run's inbox: `operate` throws what keeps the run from it, and that is the answer. */
export function answerRequests(inbox: Inbox, now: number, operate: (operation: Operation) => void): void {
  for (const request of inbox.take(now)) {
    request.answer(answerOf(request.content, operate));
  }
}

function answerOf(content: Json, operate: (operation: Operation) => void): Json {
  try {
    const operation =
      isJsonObject(content) && content['version'] === 1 ? readOperation(content['operation']) : undefined;
    if (operation === undefined) throw requestUnknown;
    operate(operation);
    return { version: 1 };
  } catch (cause) {
    // An error is JSON; its interface only lacks JsonObject's index signature.
    return { version: 1, error: machineryFailure(cause).error as unknown as JsonObject };
  }
}

/** Checks what another process wrote, perhaps of another version; undefined for what this one doesn't know. */
function readOperation(value: Json | undefined): Operation | undefined {
  if (!isJsonObject(value)) return undefined;
  const { kind, by, reason, signal } = value;
  switch (kind) {
    case 'cancel':
    case 'terminate':
    case 'pause':
    case 'resume':
      if (typeof by !== 'string' || (reason !== undefined && typeof reason !== 'string')) return undefined;
      return { kind, by, ...(reason === undefined ? {} : { reason }) };
    case 'signal': {
      if (!isJsonObject(signal)) return undefined;
      const { name, by: sender, payload, awaited } = signal;
      if (typeof name !== 'string' || typeof sender !== 'string' || payload === undefined) return undefined;
      if (awaited !== undefined && typeof awaited !== 'string') return undefined;
      return { kind, signal: { name, by: sender, payload, ...(awaited === undefined ? {} : { awaited }) } };
    }
    default:
      return undefined;
  }
}
