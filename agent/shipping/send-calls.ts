import type { RunId } from '../../schemas/index.ts';
import { askServer, type ShippingServer } from './ask-server.ts';

/** Lines of a run's audit log that follow one another. */
export interface CallBatch {
  readonly run: RunId;
  /** The hash of the log's first entry. */
  readonly chain: string;
  readonly lines: readonly string[];
}

/** What a server said to a batch of host calls. */
export type CallsAnswer =
  | { readonly kind: 'taken' }
  /** It lacks entries before these, from that sequence on. */
  | { readonly kind: 'gap'; readonly next: number }
  /** It will never take these lines. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It can't be reached, or not now. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

/** Sends a batch to the server. Never rejects. */
export type SendCalls = (batch: CallBatch, signal: AbortSignal) => Promise<CallsAnswer>;

const answerMs = 30_000;
const answerBytes = 64 * 1024;
const conflict = 409;

/** Ships an agent's records of host calls by `POST /v1/agent/runs/{id}/calls`. */
export function sendCallsTo(server: ShippingServer, { agent }: { readonly agent: string }): SendCalls {
  return async ({ run, chain, lines }, signal) => {
    const path = `/v1/agent/runs/${run}/calls?${new URLSearchParams({ agent, chain }).toString()}`;
    const body = { type: 'application/x-ndjson', content: `${lines.join('\n')}\n` };
    const answer = await askServer(
      server,
      { method: 'POST', path, body, mostBytes: answerBytes },
      { signal, answerMs },
    );
    if (answer.kind === 'done') return { kind: 'taken' };
    if (answer.kind === 'later') return answer;
    const next = Number(answer.problem['next']);
    return answer.status === conflict && Number.isSafeInteger(next) ? { kind: 'gap', next } : answer;
  };
}
