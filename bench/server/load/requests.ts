import { Pool } from 'undici';
import type { Latencies, RequestKind, Target } from './tasks.ts';

/** Sends requests, and keeps account of what comes of them. */
export interface Requests extends AsyncDisposable {
  /** Sends one; its latency counts from `from`, by `performance.now()`. The answer's text, where there is one. */
  readonly send: (kind: RequestKind, from: number, number: number) => Promise<string | undefined>;
  readonly result: () => Latencies;
}

/** More than the requests that are on their way where all is well: of what is measured none waits for a connection. */
const connections = 128;

/** Requests to a server, over connections that are kept. */
export function createRequests({ url, headers }: Target): Requests {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const latencies: number[] = [];
  const unexpected: Record<string, number> = {};
  const start = performance.now();
  const note = (status: number, expected: number): void => {
    if (status !== expected) unexpected[status] = (unexpected[status] ?? 0) + 1;
  };
  return {
    async send({ method, path, body, contentType, status }, from, number) {
      try {
        const answer = await pool.request({
          method,
          path,
          headers: contentType === undefined ? headers : { ...headers, 'content-type': contentType },
          ...(body === undefined ? {} : { body: body.replaceAll('{n}', String(number)) }),
        });
        const text = await answer.body.text();
        note(answer.statusCode, status);
        return text;
      } catch {
        note(0, status);
        return undefined;
      } finally {
        latencies.push(performance.now() - from);
      }
    },
    result() {
      const { user, system } = process.cpuUsage();
      return { latencies, unexpected, busy: (user + system) / 1000 / (performance.now() - start) };
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
