import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

const logMebibytes = 200;
const mostGrowthMebibytes = 30;

interface Served extends AsyncDisposable {
  readonly url: string;
  readonly run: string;
  /** Of the server's process, in MiB. */
  readonly resident: () => number;
  /** What is held of its heap, garbage not counted, in MiB. */
  readonly held: () => Promise<number>;
}

/**
 * V8's young generation grows in steps to 48 MiB in any process that makes garbage, and to no more: that growth isn't what is measured,
 * so it is bounded as the launcher bounds the server's.
 */
const youngGeneration = '--max-semi-space-size=4';

async function serveLog(mebibytes: number): Promise<Served> {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-long-log-'));
  const script = join(import.meta.dirname, 'serve-log.ts');
  const child = spawn(process.execPath, [youngGeneration, script, state, String(mebibytes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  const { url, run, pid } = JSON.parse(String(line));
  return {
    url,
    run,
    resident: () => Number(/^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    held: async () => {
      const answer = once(lines, 'line');
      process.kill(pid, 'SIGUSR2');
      const [bytes] = await answer;
      return Number(bytes) / 1024 / 1024;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Reads a log to its end; its size, and the most memory that the server had meanwhile. */
async function read(
  { url, run, resident }: Served,
  query: string,
): Promise<{ readonly size: number; readonly most: number }> {
  const response = await fetch(`${url}/v1/workflows/${run}/logs?${query}`);
  let [size, most] = [0, resident()];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    most = Math.max(most, resident());
  }
  return { size, most };
}

describe.skipIf(process.platform !== 'linux')('a log of 200 MB', () => {
  it('is read in constant memory in every format, also by many who take nothing', { timeout: 180_000 }, async () => {
    await using served = await serveLog(logMebibytes);
    await read(served, 'tail=100');
    const [idle, idleHeld] = [served.resident(), await served.held()];
    const growths: Record<string, number> = {};
    const sizes: number[] = [];
    for (const query of ['format=ndjson', 'format=text', 'format=sse', 'format=ndjson&step=none']) {
      const { size, most } = await read(served, query);
      sizes.push(size);
      growths[query] = most - idle;
    }
    expect(sizes.map((size) => size > logMebibytes * 1024 * 1024)).toEqual([true, true, true, false]);
    const { hostname, port } = new URL(served.url);
    const stalled = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(Number(port), hostname);
        await once(socket, 'connect');
        socket.write(`GET /v1/workflows/${served.run}/logs HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
        await once(socket, 'readable');
        return socket;
      }),
    );
    await new Promise((resolve) => void setTimeout(resolve, 1000));
    // V8 keeps pages whose garbage it has collected: what counts here is what the readers hold.
    growths['20 who take nothing'] = (await served.held()) - idleHeld;
    for (const socket of stalled) socket.destroy();
    for (const [what, growth] of Object.entries(growths)) expect.soft(growth, what).toBeLessThan(mostGrowthMebibytes);
  });
});
