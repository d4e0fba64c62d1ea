import type { JsonObject } from '../../schemas/index.ts';

/** The server to which an agent ships. */
export interface ShippingServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
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

/** Asks once, for so many ms at most. Never rejects. */
export async function askServer(
  { url, key }: ShippingServer,
  { method, path, body, mostBytes }: ServerRequest,
  options: { readonly signal: AbortSignal; readonly answerMs: number; readonly fetchIt?: typeof fetch },
): Promise<ServerAnswer> {
  const { signal, answerMs, fetchIt = fetch } = options;
  try {
    const response = await fetchIt(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': body.type }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body.content === 'string' ? body.content : Buffer.from(body.content) }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
    });
    const content = await readAnswer(response, mostBytes);
    if (response.ok) return { kind: 'done', content };
    const { status, headers } = response;
    const problem = problemIn(content.toString());
    const reason = `${status} ${messageOf(problem)}`;
    if (forGood.has(status)) return { kind: 'refused', status, reason, problem };
    return { kind: 'later', reason, ...pauseOf(headers.get('retry-after')) };
  } catch (cause) {
    return { kind: 'later', reason: reasonOf(cause) };
  }
}

async function readAnswer({ body }: Response, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The bodies of fetch are bytes.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`the server's answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `Retry-After` in seconds, as our servers write it. */
function pauseOf(header: string | null): { readonly afterMs?: number } {
  const most = 60;
  return header !== null && /^\d{1,4}$/u.test(header) ? { afterMs: 1000 * Math.min(most, Number(header)) } : {};
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
