import {
  type Diagnostic,
  type ErrorCode,
  errorKinds,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { apiPath } from '../../clients/typescript/path.ts';
import { plainLine } from '../report/text.ts';
import { noAnswer, reasonOf } from './no-answer.ts';
import type { ServerTarget } from './target.ts';
import { fetchBy } from './tls-fetch.ts';

/** A request of the API. */
export interface ClientRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to the server: `v1/workflows/run-01…`. Made by {@link apiPath}, so that no part of it can lead elsewhere. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What a server answered: a success, or what is wrong with its diagnostics. */
export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: Json }
  | {
      readonly ok: false;
      readonly status: number;
      readonly error: WaterflowError;
      readonly diagnostics: readonly Diagnostic[];
    };

/** A server, as a command asks it. */
export interface Client {
  readonly target: ServerTarget;
  /** Rejects with WaterflowFailure SERVER_UNAVAILABLE where there is no answer of a Waterflow server. */
  send(request: ClientRequest): Promise<Answer>;
  /** The body of a success; else rejects with what is wrong. */
  ask(request: ClientRequest): Promise<JsonObject>;
  /** A stream that goes on until the server ends it or `signal` aborts. Rejects as `ask` does where it doesn't begin. */
  stream(request: ClientRequest): Promise<AsyncIterable<Uint8Array>>;
}

export { apiPath };

/** For an answer that isn't a stream. */
const answerTimeoutMs = 60_000;
/** What proxies answer while the servers behind them are away, and servers while they start or end. */
const passingStatuses: ReadonlySet<number> = new Set([502, 503, 504]);
/** Of an answer that isn't a stream, in bytes. A server that sends more is none of ours. */
const longestAnswer = 256 * 1024 * 1024;

/** Whether the same request may be answered in another way soon. */
export function mayPass(status: number): boolean {
  return passingStatuses.has(status);
}

/** Talks to a server with the key that is meant for it, and follows it nowhere else. */
export function createClient(target: ServerTarget, fetchIt: typeof fetch = fetchFor(target)): Client {
  const send = async (request: ClientRequest): Promise<Answer> => {
    const timeout = AbortSignal.timeout(answerTimeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    return answerOf(target, await open(target, { ...request, signal }, fetchIt));
  };
  return {
    target,
    send,
    async ask(request) {
      const answer = await send(request);
      if (!answer.ok) throw new WaterflowFailure(answer.error);
      return isJsonObject(answer.body) ? answer.body : {};
    },
    async stream(request) {
      const response = await open(target, request, fetchIt);
      if (response.ok && response.body !== null) return response.body;
      const answer = await answerOf(target, response);
      throw answer.ok ? noAnswer(target, { reason: 'it has no stream' }) : new WaterflowFailure(answer.error);
    },
  };
}

function fetchFor({ tls }: ServerTarget): typeof fetch {
  return tls === undefined ? fetch : fetchBy(tls);
}

async function open(target: ServerTarget, request: ClientRequest, fetchIt: typeof fetch): Promise<Response> {
  const { method = 'GET', path, query = {}, body, headers = {}, signal } = request;
  const url = new URL(path, target.url);
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const each of value) url.searchParams.append(name, String(each));
    else if (value !== undefined) url.searchParams.set(name, String(value));
  }
  try {
    const response = await fetchIt(url, {
      method,
      // A redirect would carry the request, and what it holds, to whom its author didn't name.
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...(target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status >= 300 && response.status < 400) throw redirected(target, response);
    return response;
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    throw noAnswer(target, { reason: reasonOf(cause, { answerTimeoutMs }), cause });
  }
}

async function answerOf(target: ServerTarget, response: Response): Promise<Answer> {
  const { status } = response;
  const text = await textOf(target, response);
  const body = parseJson(text);
  if (response.ok && (body !== undefined || text === '')) return { ok: true, status, body: body ?? null };
  if (response.ok) throw noAnswer(target, { reason: `what it answered is no JSON (status ${status})` });
  if (!isJsonObject(body) || typeof body['code'] !== 'string')
    throw noAnswer(target, { reason: `it answered with status ${status}`, mayPass: mayPass(status) });
  const error = errorOf(body);
  return {
    ok: false,
    status,
    error: error.code === 'UNAUTHENTICATED' ? { ...error, remedy: keyRemedy } : error,
    diagnostics: diagnosticsOf(body['errors']),
  };
}

/** The server speaks of headers, which nobody writes here. */
const keyRemedy =
  'Give a valid API key: in WATERFLOW_API_KEY, or by `api-key-file` of a profile, where --profile or `default-profile` names one.';

async function textOf(target: ServerTarget, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > longestAnswer) throw noAnswer(target, { reason: 'it sends without end' });
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof WaterflowFailure
      ? cause
      : noAnswer(target, { reason: reasonOf(cause, { answerTimeoutMs }), cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse() gives nothing else.
  } catch {
    return undefined;
  }
}

/** A problem of the API (RFC 9457, with our members) as an error of ours, with nothing in it that a terminal would carry out. */
export function errorOf(problem: JsonObject): WaterflowError {
  const { detail, message, remedy, code, rule, file, pointer, line, column, end_line, end_column } = problem;
  const text = (value: Json | undefined): string | undefined =>
    typeof value === 'string' ? plainLine(value) : undefined;
  const places = { line, column, end_line, end_column };
  const numbers = Object.entries(places).filter(([, value]) => typeof value === 'number');
  return {
    code: codeOf(text(code)),
    message: text(detail) ?? text(message) ?? 'the server refuses it',
    remedy: text(remedy) ?? 'See the log of the server.',
    ...(text(rule) === undefined ? {} : { rule: text(rule) ?? '' }),
    ...(text(file) === undefined ? {} : { file: text(file) ?? '' }),
    ...(text(pointer) === undefined ? {} : { pointer: text(pointer) ?? '' }),
    ...Object.fromEntries(numbers),
  };
}

/** A newer server may have codes that this client doesn't know. */
function codeOf(code: string | undefined): ErrorCode {
  // It is one of the object's own keys.
  return code !== undefined && Object.hasOwn(errorKinds, code) ? (code as ErrorCode) : 'SERVER_UNAVAILABLE';
}

/** The diagnostics of an answer: errors that a workflow has, or warnings. */
export function diagnosticsOf(list: Json | undefined): readonly Diagnostic[] {
  if (!isJsonList(list)) return [];
  return list
    .filter(isJsonObject)
    .map((each) => ({ ...errorOf(each), severity: each['severity'] === 'warning' ? 'warning' : 'error' }));
}

function redirected(target: ServerTarget, response: Response): WaterflowFailure {
  const location = plainLine(response.headers.get('location') ?? 'elsewhere');
  return new WaterflowFailure({
    code: 'SERVER_UNAVAILABLE',
    message: `${target.url.origin} redirects to ${location}, which was not followed`,
    remedy: 'If that is the server that you mean, give its own URL. The key was sent to nobody else.',
  });
}
