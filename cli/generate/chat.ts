import { isJsonList, isJsonObject, type Json, WaterflowFailure } from '../../schemas/index.ts';
import { reasonOf } from '../client/no-answer.ts';
import { sseEvents } from '../../clients/typescript/sse.ts';
import { plainLine } from '../report/text.ts';
import type { Endpoint } from './endpoint.ts';

/** What was said so far, in the form of the protocol. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** How a reply is waited for. */
export interface AskOptions {
  readonly signal: AbortSignal;
  /** For the whole reply. */
  readonly timeoutMs: number;
  /** Called with each part of the reply as it comes. */
  readonly onText: (text: string) => void;
  readonly fetchIt: typeof fetch;
}

/** Far longer than any workflow file that a person would read, in characters. */
const longestReply = 256 * 1024;
/** What carries a reply, in bytes: each word of a stream comes with some hundred bytes around it. */
const longestBody = 16 * 1024 * 1024;
/** Of what an endpoint says that it refuses. */
const longestRefusal = 300;

/**
 * Asks the model for the next message, by `POST chat/completions` as OpenAI-compatible endpoints have it, streamed or not, and follows it
 * nowhere else. Rejects with WaterflowFailure: UNAUTHENTICATED, RATE_LIMITED, LIMIT_EXCEEDED, SERVER_UNAVAILABLE.
 */
export async function ask(endpoint: Endpoint, messages: readonly Message[], options: AskOptions): Promise<string> {
  const { timeoutMs, onText } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([timeout, options.signal]);
  try {
    const response = await send(endpoint, messages, { ...options, signal });
    const body = bounded(endpoint, response);
    const isStream = response.headers.get('content-type')?.includes('text/event-stream') === true;
    const reply = isStream ? await streamed(endpoint, body, onText) : wholeReply(endpoint, await textOf(body));
    if (!isStream) onText(reply);
    if (reply.trim() !== '') return reply;
    throw unavailable(endpoint, 'its reply is empty');
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    options.signal.throwIfAborted();
    throw unavailable(
      endpoint,
      timeout.aborted
        ? `it took longer than ${timeoutMs / 1000} seconds`
        : reasonOf(cause, { answerTimeoutMs: timeoutMs }),
    );
  }
}

async function send(endpoint: Endpoint, messages: readonly Message[], options: AskOptions): Promise<Response> {
  const { url, model, apiKey } = endpoint;
  const response = await options.fetchIt(new URL('chat/completions', url), {
    method: 'POST',
    // A redirect would carry the key, and the prompt, to whom nobody named.
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream, application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify({ model, messages, stream: true }),
    signal: options.signal,
  });
  if (response.ok) return response;
  if (response.status >= 300 && response.status < 400) {
    throw unavailable(
      endpoint,
      'it redirects elsewhere, which was not followed: the key and the prompt were sent to nobody else',
    );
  }
  throw refused(endpoint, response.status, await textOf(bounded(endpoint, response)));
}

/** What the endpoint has to say against it, without its key should it repeat that. */
function refused(endpoint: Endpoint, status: number, body: string): WaterflowFailure {
  const parsed = parseJson(body);
  const error = isJsonObject(parsed) ? parsed['error'] : undefined;
  const said = isJsonObject(error) && typeof error['message'] === 'string' ? error['message'] : body;
  const { apiKey } = endpoint;
  const clean = plainLine(apiKey === undefined ? said : said.replaceAll(apiKey, '***')).trim();
  const why = clean === '' ? '' : `: ${clean.slice(0, longestRefusal)}`;
  const message = `${endpoint.url.origin} answered with status ${status}${why}`;
  if (status === 401 || status === 403) {
    return new WaterflowFailure({
      code: 'UNAUTHENTICATED',
      message,
      remedy: 'Give the key that the endpoint wants, by `api-key-file` or WATERFLOW_GENERATE_API_KEY_FILE.',
    });
  }
  if (status === 429) return new WaterflowFailure({ code: 'RATE_LIMITED', message, remedy: 'Wait, and ask again.' });
  return new WaterflowFailure({
    code: 'SERVER_UNAVAILABLE',
    message,
    remedy: 'Check `url` and `model` of the endpoint, and its own log.',
  });
}

async function* bounded(endpoint: Endpoint, { body }: Response): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > longestBody) throw tooLong(endpoint);
    yield chunk;
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

/** The parts of a stream of `chat.completion.chunk`, up to `[DONE]`. */
async function streamed(
  endpoint: Endpoint,
  body: AsyncIterable<Uint8Array>,
  onText: (text: string) => void,
): Promise<string> {
  let reply = '';
  for await (const { data } of sseEvents(body)) {
    if (data === '[DONE]') return reply;
    const chunk = parseJson(data);
    if (!isJsonObject(chunk)) throw unavailable(endpoint, 'a part of its stream is no JSON');
    if (isJsonObject(chunk['error'])) throw refused(endpoint, 200, data);
    requireWhole(endpoint, chunk);
    const text = contentIn(chunk, 'delta');
    if (text === undefined) continue;
    reply += text;
    if (reply.length > longestReply) throw tooLong(endpoint);
    onText(text);
  }
  throw unavailable(endpoint, 'its stream broke off');
}

function wholeReply(endpoint: Endpoint, text: string): string {
  const parsed = parseJson(text);
  const reply = contentIn(parsed, 'message');
  if (reply === undefined) throw unavailable(endpoint, 'what it answered is no chat completion');
  requireWhole(endpoint, parsed);
  if (reply.length > longestReply) throw tooLong(endpoint);
  return reply;
}

function firstChoice(answer: Json | undefined): Json | undefined {
  const choices = isJsonObject(answer) ? answer['choices'] : undefined;
  return isJsonList(choices) ? choices[0] : undefined;
}

/** LIMIT_EXCEEDED where a model came to the end of what it may say: the file ends somewhere in the middle. */
function requireWhole({ url }: Endpoint, answer: Json | undefined): void {
  const first = firstChoice(answer);
  if (!isJsonObject(first) || first['finish_reason'] !== 'length') return;
  throw new WaterflowFailure({
    code: 'LIMIT_EXCEEDED',
    message: `the model at ${url.origin} may say no more than it did, and its reply is cut off`,
    remedy: 'Raise the limit of its output, where the endpoint has one, or ask for less at once.',
  });
}

/** The text of the first choice. */
function contentIn(answer: Json | undefined, member: 'delta' | 'message'): string | undefined {
  const first = firstChoice(answer);
  const said = isJsonObject(first) ? first[member] : undefined;
  const content = isJsonObject(said) ? said['content'] : undefined;
  return typeof content === 'string' ? content : undefined;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse() gives nothing else.
  } catch {
    return undefined;
  }
}

function unavailable({ url }: Endpoint, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'SERVER_UNAVAILABLE',
    message: `no reply of the model at ${url.origin}: ${plainLine(reason)}`,
    remedy:
      'Check `url` and `model` of the endpoint, and that it is an OpenAI-compatible one; --timeout gives it more time.',
  });
}

function tooLong({ url }: Endpoint): WaterflowFailure {
  return new WaterflowFailure({
    code: 'LIMIT_EXCEEDED',
    message: `the reply of the model at ${url.origin} is longer than ${longestReply / 1024} KiB`,
    remedy: 'Ask for less at once.',
  });
}
