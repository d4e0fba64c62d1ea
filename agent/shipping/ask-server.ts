import { type ClientRequest, type IncomingMessage, request as requestInClear } from 'node:http';
import { type Agent, request as requestByTls } from 'node:https';
import type { JsonObject } from '../../schemas/index.ts';

/** The server to which an agent ships. */
export interface ShippingServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
  /** Of a server of https: whom to trust, and who one is. Absent: whom the machine trusts, and nobody. */
  readonly connections?: () => Agent;
}

/** What a server is asked. */
export interface ServerRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** `/v1/agent/logs` */
  readonly path: string;
  /** Its media type, and what is sent. */
  readonly body?: { readonly type: string; readonly content: string | Uint8Array };
  /** More than so many bytes of an answer aren't read. */
  readonly mostBytes: number;
}

/** What it said. */
export type ServerAnswer =
  | { readonly kind: 'done'; readonly content: Buffer }
  /** It will never do it. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly problem: JsonObject }
  /** It can't be reached, or not now. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

/** As answers of a server that means it: not found, a gap, what it can't read. */
const forGood: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/**
 * Asks once, for so many ms at most. Never rejects. By Node's own HTTP, over connections that are kept for some seconds: what `fetch`
 * needs takes some megabytes, which an agent would hold for good.
 */
export async function askServer(
  server: ShippingServer,
  request: ServerRequest,
  { signal, answerMs }: { readonly signal: AbortSignal; readonly answerMs: number },
): Promise<ServerAnswer> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const response = await responseTo(server, request, within);
    const content = await readAnswer(response, request.mostBytes);
    const { statusCode: status = 0, headers } = response;
    if (status >= 200 && status < 300) return { kind: 'done', content };
    const problem = problemIn(content.toString());
    const reason = `${status} ${messageOf(problem)}`;
    if (forGood.has(status)) return { kind: 'refused', status, reason, problem };
    return { kind: 'later', reason, ...pauseOf(headers['retry-after']) };
  } catch (cause) {
    return { kind: 'later', reason: reasonOf(cause) };
  }
}

async function responseTo(
  { url, key, connections }: ShippingServer,
  { method, path, body }: ServerRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const target = new URL(`${url}${path}`);
  const byTls = target.protocol === 'https:';
  const request = byTls ? requestByTls : requestInClear;
  const options = byTls && connections !== undefined ? { agent: connections() } : {};
  const content = typeof body?.content === 'string' ? Buffer.from(body.content) : body?.content;
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body === undefined ? {} : { 'content-type': body.type }),
    ...(content === undefined ? {} : { 'content-length': content.byteLength }),
  };
  for (let isAgain = false; ; isAgain = true) {
    const asking = request(target, { method, headers, signal, ...options });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    asking.on('response', resolve).on('error', reject).end(content);
    try {
      return await promise;
    } catch (cause) {
      if (isAgain || !isClosedMeanwhile(asking, cause)) throw cause;
    }
  }
}

/** The server closed a connection that was kept just when it was used again. Whatever an agent asks for may be asked for twice. */
function isClosedMeanwhile(asking: ClientRequest, cause: unknown): boolean {
  return (
    asking.reusedSocket &&
    cause instanceof Error &&
    'code' in cause &&
    (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
  );
}

async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Without an encoding they are bytes.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`the server's answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `Retry-After` in seconds, as our servers write it. */
function pauseOf(header: string | undefined): { readonly afterMs?: number } {
  const most = 60;
  return header !== undefined && /^\d{1,4}$/u.test(header) ? { afterMs: 1000 * Math.min(most, Number(header)) } : {};
}

/** A problem of RFC 9457, if it is our server. */
function problemIn(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    // JSON.parse gives nothing but JSON values.
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

function messageOf({ detail, message }: JsonObject): string {
  const said = detail ?? message;
  return typeof said === 'string' ? said : '';
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
