import type { SpooledBatch } from './spool.ts';

/** What a server said to a batch. */
export type ShippingAnswer =
  | { readonly kind: 'taken' }
  /** It will never take these lines. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It can't be reached, or not now. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

/** Sends a batch to the server. Never rejects. */
export type SendBatch = (batch: SpooledBatch, signal: AbortSignal) => Promise<ShippingAnswer>;

/** The server to which an agent ships. */
export interface ShippingServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
}

const answerMs = 30_000;
/** As answers of a server that means it: not found, a gap, a batch that it can't read. */
const forGood: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/** Ships logs by `POST /v1/agent/logs`. */
export function sendLogsTo({ url, key }: ShippingServer, fetchIt: typeof fetch = fetch): SendBatch {
  return async ({ lines }, signal) => {
    try {
      const response = await fetchIt(`${url}/v1/agent/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` },
        body: `${lines.join('\n')}\n`,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      });
      const text = await response.text();
      if (response.ok) return { kind: 'taken' };
      const reason = `${response.status} ${messageOf(text)}`;
      if (forGood.has(response.status)) return { kind: 'refused', reason };
      return { kind: 'later', reason, ...pauseOf(response.headers.get('retry-after')) };
    } catch (cause) {
      return { kind: 'later', reason: reasonOf(cause) };
    }
  };
}

/** `Retry-After` in seconds, as our servers write it. */
function pauseOf(header: string | null): { readonly afterMs?: number } {
  const most = 60;
  return header !== null && /^\d{1,4}$/u.test(header) ? { afterMs: 1000 * Math.min(most, Number(header)) } : {};
}

function messageOf(text: string): string {
  try {
    // A problem of RFC 9457, if it is our server.
    const { detail, message } = JSON.parse(text) as { readonly detail?: unknown; readonly message?: unknown };
    const said = detail ?? message;
    return typeof said === 'string' ? said : '';
  } catch {
    return '';
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
