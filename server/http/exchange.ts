import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'winston';
import type { Principal } from '../auth/principal.ts';
import type { ServerClock } from '../parts.ts';
import type { TraceParent } from '../trace.ts';
import type { HttpProblem } from './problem.ts';
import type { Route } from './route.ts';

/** A request and its answer, from the first line to the last byte. */
export interface Exchange {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's address, behind trusted proxies. */
  readonly remote: string;
  /** The client's connection is encrypted. */
  readonly secure: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Aborts when the client is gone, when it may not have the answer any more, or when the server shuts down. */
  readonly signal: AbortSignal;
  /** Aborts the signal, with the reason. */
  readonly abort: (why: HttpProblem) => void;
  readonly clock: ServerClock;
  /** Where the request stands in a trace: its own span, where spans are made; else what the client sent. */
  readonly trace: TraceParent | undefined;
  /** Names the request in each of its lines. */
  readonly log: Logger;
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean;
  /** Known once the request was routed, and once it was let in. */
  route?: Route;
  principal?: Principal;
  /** The first of the path's parameters, for the record of calls. */
  target?: string;
}

/** The client went away: there is nobody to answer. */
export class ClientGone extends Error {
  constructor() {
    super('the client is gone');
    this.name = 'ClientGone';
  }
}
