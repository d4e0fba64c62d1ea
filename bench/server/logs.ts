import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Bench, Figure } from '../figure.ts';
import { generate } from './load/generator.ts';
import { type BenchServer, residentMebibytes, startServer } from './process.ts';
import { runWithLog } from './written-log.ts';

const mebibytes = 1024;
const segmentBytes = 32 * 1024;
const sampleMs = 20;

/** A log of a gibibyte, read as text and as a stream of events: how far the server's memory grows. */
export async function serverLogs(bench: Bench): Promise<readonly Figure[]> {
  await using server = await startServer(bench.scratch, 'logs');
  const run = await runWithLog(server, segments());
  bench.progress(`a log of ${mebibytes} MiB is written`);
  await read(server, `/v1/workflows/${run}/logs?tail=100`);
  const idle = residentMebibytes(server.pid);
  const figures: Figure[] = [];
  for (const format of ['text', 'sse']) {
    const { most, bytes, milliseconds } = await read(server, `/v1/workflows/${run}/logs?format=${format}`);
    if (bytes < mebibytes * 1024 * 1024) throw new Error(`only ${bytes} bytes of the log`);
    const speed = bytes / 1024 / 1024 / (milliseconds / 1000);
    bench.progress(`${format}: ${speed.toFixed(0)} MiB a second, ${most.toFixed(0)} MiB resident at most`);
    figures.push({
      what: `server's memory above idle, 1 GiB of a log as ${format}`,
      unit: 'MiB',
      samples: [Math.max(0, most - idle)],
      floors: [],
      budgets: [{ statistic: 'max', most: 30 }],
      note: `${idle.toFixed(0)} MiB idle, ${most.toFixed(0)} at most, ${speed.toFixed(0)} MiB a second`,
    });
  }
  return figures;
}

async function read({ url, headers, pid }: BenchServer, path: string) {
  let most = residentMebibytes(pid);
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, residentMebibytes(pid));
      await setTimeout(sampleMs);
    }
  })();
  const { bytes, milliseconds } = await generate({ kind: 'download', url, headers, path });
  over.abort();
  await watching;
  return { most, bytes, milliseconds };
}

/** Lines of 96 characters, in segments that cut them. */
function* segments(): Generator<string, void> {
  const text = Array.from({ length: 1024 }, () => `${randomBytes(48).toString('hex')}\n`).join('');
  for (let index = 0; index < (mebibytes * 1024 * 1024) / segmentBytes; index += 1) {
    const start = (index * 7919) % (text.length - segmentBytes);
    yield text.slice(start, start + segmentBytes);
  }
}
