import { askServer, type ShippingServer } from './ask-server.ts';
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

const answerMs = 30_000;
const answerBytes = 4 * 1024 * 1024;

/** Ships logs by `POST /v1/agent/logs`. */
export function sendLogsTo(server: ShippingServer): SendBatch {
  return async ({ lines }, signal) => {
    const body = { type: 'application/x-ndjson', content: `${lines.join('\n')}\n` };
    const request = { method: 'POST', path: '/v1/agent/logs', body, mostBytes: answerBytes } as const;
    const answer = await askServer(server, request, { signal, answerMs });
    return answer.kind === 'done' ? { kind: 'taken' } : answer;
  };
}
