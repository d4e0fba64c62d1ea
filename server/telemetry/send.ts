import type { Send, Sent } from './exporter.ts';

const timeoutMs = 10_000;
/** What a collector may say of a batch that may be sent again (OTLP specification, "Failures"). */
const retryable = new Set([429, 502, 503, 504]);
/** Of an answer, for the log. */
const mostText = 200;

/** Posts a batch to a collector. */
export const sendOverHttp: Send = async ({ url, headers }, body) => {
  try {
    // Most servers have no collector, and it takes long to load.
    const { request } = await import('undici');
    const response = await request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { statusCode } = response;
    if (statusCode >= 200 && statusCode < 300) {
      await response.body.dump();
      return { kind: 'taken' };
    }
    const text = (await response.body.text()).slice(0, mostText);
    return failed(statusCode, text, response.headers['retry-after']);
  } catch (cause) {
    return { kind: 'later', reason: cause instanceof Error ? cause.message : String(cause) };
  }
};

function failed(status: number, text: string, retryAfter: string | readonly string[] | undefined): Sent {
  const reason = `${status} ${text}`;
  if (!retryable.has(status)) return { kind: 'refused', reason };
  const seconds = Number(retryAfter);
  return { kind: 'later', reason, ...(seconds > 0 ? { afterMs: seconds * 1000 } : {}) };
}
