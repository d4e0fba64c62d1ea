import { type ApiError, apiError, NoAnswerError, notWaterflow, TimedOutError, WaterflowError } from './errors.ts';
import type { Problem } from './generated/models.ts';
import type { Powers } from './powers.ts';
import { isWorthAnother, type Outcome, retryAfterOf, waitBefore } from './retries.ts';

/** How a single call differs from the client's own settings. */
export interface RequestOptions {
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For each attempt, in ms. */
  readonly timeoutMs?: number | undefined;
  /** How long a call is tried again that gets no answer, or one that says to come again, in ms; 0: not at all. */
  readonly retryForMs?: number | undefined;
}

/** The same of calls that count once with the same key. */
export interface KeyedOptions extends RequestOptions {
  /** Default: a new one for each call, which its retries share. */
  readonly idempotencyKey?: string | undefined;
}

/** What may stand in a query. */
export type Query = Readonly<Record<string, QueryValue>>;
type QueryValue = string | number | boolean | readonly string[] | undefined;

/** A request of the API. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Relative to the server, made by `apiPath`. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON; a text as it is. */
  readonly body?: object | string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** It counts once, and is sent again where no answer came. */
  readonly idempotencyKey?: string | undefined;
  readonly repeats?: boolean;
  /** A status that is an answer, too. */
  readonly accepts?: number;
  /** What the answer has, as every server of Waterflow says it. */
  readonly has?: string;
}

/** What talks to one server, and to nobody else. */
export interface Transport {
  readonly url: URL;
  /** Of an attempt, where a call says nothing else. */
  readonly timeoutMs: number;
  readonly powers: Powers;
  /** The JSON of a success, which is an object; undefined of a removal that has none. */
  readonly ask: (request: ApiRequest, options?: RequestOptions) => Promise<unknown>;
  /** The text of a success. */
  readonly text: (request: ApiRequest, options?: RequestOptions) => Promise<string>;
  /** One attempt, whose body hasn't been read. Rejects where it isn't a success. */
  readonly open: (request: ApiRequest, options?: RequestOptions) => Promise<Response>;
}

/** What a transport is made of. */
export interface TransportSettings {
  readonly url: URL;
  readonly apiKey: (() => string | Promise<string>) | undefined;
  readonly timeoutMs: number;
  readonly retryForMs: number;
  readonly powers: Powers;
}

/** A timer can't be set for longer, and takes whole numbers alone. */
const longestMs = 2 ** 31 - 1;

/** A transport with the client's settings. */
export function createTransport(settings: TransportSettings): Transport {
  const text = (request: ApiRequest, options: RequestOptions = {}): Promise<string> =>
    withRetries(settings, { request, options });
  return {
    url: settings.url,
    timeoutMs: settings.timeoutMs,
    powers: settings.powers,
    text,
    async ask(request, options) {
      const answer = await text(request, options);
      if (answer === '' && request.method === 'DELETE') return undefined;
      return objectIn(answer, { url: settings.url, has: request.has });
    },
    open: (request, options = {}) => open(settings, request, options.signal),
  };
}

interface Call {
  readonly request: ApiRequest;
  readonly options: RequestOptions;
}

async function withRetries(settings: TransportSettings, { request, options }: Call): Promise<string> {
  const { powers } = settings;
  const { signal, retryForMs = settings.retryForMs } = options;
  const until = powers.now() + retryForMs;
  const repeats = mayRepeat(request);
  let wasUnanswered = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(settings, { request, options });
    } catch (thrown) {
      signal?.throwIfAborted();
      // An answer that was lost said that it is gone.
      if (wasUnanswered && request.method === 'DELETE' && statusOf(thrown) === 404) return '';
      const outcome = outcomeOf(thrown);
      if (outcome === undefined || !isWorthAnother(outcome, { repeats })) throw thrown;
      wasUnanswered ||= outcome.kind === 'no answer';
      const { retryAfterMs } = thrown as Partial<ApiError>; // Others have none.
      const wait = waitBefore(attempt, { retryAfterMs, random: powers.random });
      if (powers.now() + wait > until) throw thrown;
      await powers.sleep(wait, signal);
    }
  }
}

function mayRepeat({ method = 'GET', idempotencyKey, repeats = false }: ApiRequest): boolean {
  return repeats || method === 'GET' || method === 'DELETE' || idempotencyKey !== undefined;
}

/** One attempt, to the end of its answer. */
async function once(settings: TransportSettings, { request, options }: Call): Promise<string> {
  const { timeoutMs = settings.timeoutMs, signal } = options;
  const timeout = AbortSignal.timeout(Math.min(Math.ceil(timeoutMs), longestMs));
  try {
    const both = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    const response = await open(settings, request, both);
    return await response.text();
  } catch (thrown) {
    signal?.throwIfAborted();
    if (timeout.aborted) throw new TimedOutError(`${settings.url.origin} took longer than ${timeoutMs} ms to answer`);
    if (thrown instanceof WaterflowError) throw thrown;
    throw new NoAnswerError(`the answer of ${settings.url.origin} broke off: ${reasonOf(thrown)}`);
  }
}

async function open(settings: TransportSettings, request: ApiRequest, signal?: AbortSignal): Promise<Response> {
  const { method = 'GET', path, query, body } = request;
  const url = new URL(path, settings.url);
  for (const [name, value] of Object.entries(query ?? {})) addQuery(url, name, value);
  const headers = await headersOf(settings, request);
  let response: Response;
  try {
    response = await settings.powers.fetch(url, {
      method,
      headers,
      // A redirect would carry the request, and what it holds, to whom its author didn't name.
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    throw new NoAnswerError(`no answer of a Waterflow server at ${settings.url.origin}: ${reasonOf(thrown)}`, {
      neverSent: codeBelow(thrown) === 'ECONNREFUSED',
    });
  }
  if (response.ok || response.status === request.accepts) return response;
  throw await refusalOf(settings, response);
}

function addQuery(url: URL, name: string, value: QueryValue): void {
  if (typeof value === 'object') for (const each of value) url.searchParams.append(name, each);
  else if (value !== undefined) url.searchParams.set(name, String(value));
}

async function headersOf({ apiKey }: TransportSettings, request: ApiRequest): Promise<Record<string, string>> {
  const { body, idempotencyKey, headers = {} } = request;
  return {
    accept: 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${headerText((await apiKey()).trim(), 'the API key')}` }),
    ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': headerText(idempotencyKey, 'the idempotency key') }),
    ...headers,
  };
}

/** As a header can hold it. What is refused isn't quoted: it may be a key, whole. */
function headerText(text: string, what: string): string {
  if (/^[\x21-\x7e]+$/u.test(text)) return text;
  const problem = text === '' ? 'is empty' : "holds what no key does: white space, or characters that aren't of ASCII";
  throw new WaterflowError(`${what} ${problem}`, {
    code: 'USAGE',
    remedy: 'Give it as it was made, and nothing else.',
  });
}

async function refusalOf({ url }: TransportSettings, response: Response): Promise<WaterflowError> {
  const { status, type, headers } = response;
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    return new WaterflowError(`${url.origin} redirects elsewhere, which was not followed`, {
      code: 'REDIRECTED',
      remedy: "Give the server's own URL. The key was sent to nobody else.",
    });
  }
  const answer = await response.text();
  const problem = problemIn(answer);
  const retryAfterMs = retryAfterOf(headers);
  if (problem !== undefined) return apiError(problem, { status, retryAfterMs });
  return apiError({ detail: `${url.origin} answered with status ${status}` }, { status, retryAfterMs });
}

function problemIn(text: string): Partial<Problem> | undefined {
  const value = jsonIn(text);
  // The API's problems are of this form, and what isn't has no code.
  return typeof value === 'object' && value !== null && 'code' in value ? (value as Problem) : undefined;
}

/** The object that an answer or an event is; throws where it is none, or hasn't what every server of Waterflow says. */
export function objectIn(text: string, { url, has }: { readonly url: URL; readonly has?: string | undefined }): object {
  const value = jsonIn(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || (has !== undefined && !(has in value))) throw notWaterflow(url);
  return value;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function outcomeOf(thrown: unknown): Outcome | undefined {
  if (thrown instanceof NoAnswerError) return { kind: 'no answer', neverSent: thrown.neverSent };
  if (thrown instanceof TimedOutError) return { kind: 'no answer', neverSent: false };
  const status = statusOf(thrown);
  if (status === undefined) return undefined;
  return { kind: 'refused', status, isWaterflow: (thrown as ApiError).code !== 'UNKNOWN' }; // Only ApiError has a status.
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof WaterflowError && 'status' in thrown ? Number(thrown.status) : undefined;
}

/** What lies below `fetch failed`. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error && thrown.cause.message !== '' ? thrown.cause.message : thrown.message;
}

function codeBelow(thrown: unknown): unknown {
  const below = thrown instanceof Error ? thrown.cause : undefined;
  return below instanceof Error && 'code' in below ? below.code : undefined;
}
