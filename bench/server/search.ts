import type { Bench, Figure } from '../figure.ts';
import { generate } from './load/generator.ts';
import { type BenchServer, startServer } from './process.ts';
import { runWithLog } from './written-log.ts';

const lines = 1_000_000;
const rounds = 5;
const segmentBytes = 32 * 1024;

/** As a service logs a request, some 300 bytes. */
const jsonOf = (line: number): string => {
  const request = { time: 1_790_000_000_000 + line, level: 'info', method: 'GET', path: `/v1/orders/${line % 977}` };
  return `${JSON.stringify({ ...request, message: 'the order was taken from the queue '.repeat(6) })}\n`;
};

/** Logs of a million lines, by what they are of. */
const logs: Readonly<Record<string, (line: number) => string>> = {
  numbers: (line) => `${line}\n`,
  'words of 60 characters': (line) =>
    `${String(line).padStart(8, '0')} compiled module ${line % 977} of the application in 12 ms\n`,
  'words in colours': (line) => `\u001b[32m${line}\u001b[0m compiled \u001b[1mmodule ${line % 977}\u001b[0m in 12 ms\n`,
};

/** A million lines, searched for a text that only the last of them holds. */
export async function serverSearch(bench: Bench): Promise<readonly Figure[]> {
  await using server = await startServer(bench.scratch, 'search');
  const figures: Figure[] = [];
  for (const [what, lineOf] of Object.entries(logs)) {
    figures.push(await searched(server, { what }, segmentsOf(lineOf)));
    bench.progress(`${what} are searched`);
  }
  figures.push(await searched(server, { what: 'numbers, each written by itself' }, linesOf(logs['numbers'] ?? String)));
  figures.push(
    await searched(server, { what: 'JSON of 300 bytes, each written by itself', mostMs: 2000 }, linesOf(jsonOf)),
  );
  return figures;
}

async function searched(
  server: BenchServer,
  { what, mostMs = 1000 }: { readonly what: string; readonly mostMs?: number },
  segments: Iterable<string>,
): Promise<Figure> {
  const { url, headers } = server;
  const run = await runWithLog(server, segments);
  const path = `/v1/workflows/${run}/logs?search=THE+NEEDLE&limit=200`;
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { bytes, milliseconds } = await generate({ kind: 'download', url, headers, path });
    if (bytes === 0) throw new Error('the needle was not found');
    samples.push(milliseconds);
  }
  return {
    what: `a million lines searched: ${what}`,
    unit: 'ms',
    samples,
    floors: [],
    budgets: [{ statistic: 'max', most: mostMs }],
  };
}

function* linesOf(lineOf: (line: number) => string): Generator<string, void> {
  for (let line = 1; line < lines; line += 1) yield lineOf(line);
  yield 'here is the needle\n';
}

/** Cut anywhere, as a pipe does. */
function* segmentsOf(lineOf: (line: number) => string): Generator<string, void> {
  let rest = '';
  for (const line of linesOf(lineOf)) {
    rest += line;
    if (rest.length < segmentBytes) continue;
    yield rest.slice(0, segmentBytes);
    rest = rest.slice(segmentBytes);
  }
  if (rest !== '') yield rest;
}
