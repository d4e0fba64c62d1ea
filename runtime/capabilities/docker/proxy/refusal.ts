import type { Denial } from '../../../host-call.ts';
import { CallFailure } from '../../capability.ts';
import { EngineError } from '../wire/errors.ts';

/** What a request on an exec's docker socket is answered with instead of what it asks for. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 404 | 409 | 413 | 429;
  /** What is on record of it, where it is a denial. */
  readonly denial: Denial | undefined;

  constructor(status: Refusal['status'], message: string, denial?: Denial) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.denial = denial;
  }
}

/** What the socket itself refuses, whatever is granted. */
const socketRule = 'docker socket: what no grant has a word for';

/** A denial as clients print it. */
export function denied(why: string, remedy: string, rule: string = socketRule): Refusal {
  return new Refusal(403, `denied by ${rule}: ${why}. ${remedy}`, { code: 'DENIED', rule, message: why, remedy });
}

/** A request that makes no sense. */
export function malformed(why: string): Refusal {
  return new Refusal(400, `the request can't be read: ${why}`);
}

/** What isn't there, or belongs to somebody else: the answer is the same. Clients look for these words. */
export function missing(what: 'container' | 'network' | 'volume' | 'image' | 'exec instance', name: string): Refusal {
  return new Refusal(404, what === 'network' ? `network ${name} not found` : `No such ${what}: ${name}`);
}

/** How a failure is told to a client. */
export interface ToldFailure {
  readonly status: number;
  readonly message: string;
  readonly denial?: Denial | undefined;
}

/** Of a daemon's own words, the most that goes on. */
const maxMessageLength = 2000;

/** Undefined for what only a fault of the agent's own explains. */
export function toldFailure(cause: unknown): ToldFailure | undefined {
  if (cause instanceof Refusal) return { status: cause.status, message: cause.message, denial: cause.denial };
  if (cause instanceof EngineError) {
    const status = cause.status >= 400 && cause.status < 600 ? cause.status : 500;
    return { status, message: cause.message.slice(0, maxMessageLength) };
  }
  if (!(cause instanceof CallFailure)) return undefined;
  if (cause.code === 'DENIED') {
    const refusal = denied(cause.message, cause.remedy ?? 'Change the request, or what grants it.', cause.rule);
    return { status: 403, message: refusal.message, denial: refusal.denial };
  }
  const message = cause.remedy === undefined ? cause.message : `${cause.message}. ${cause.remedy}`;
  switch (cause.code) {
    case 'INVALID_ARGUMENTS':
      return { status: 400, message };
    case 'NOT_FOUND':
      return { status: 404, message: `No such thing: ${message}` };
    case 'LIMIT_EXCEEDED':
      return { status: 429, message };
    case 'FAILED':
    case 'TIMEOUT':
    case 'CANCELLED':
    case 'CONFINEMENT_UNAVAILABLE':
      return { status: 500, message };
    default:
      return { status: 500, message };
  }
}
