import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../../engine/embedded/index.ts';
import { createReadings } from '../../engine/embedded/readings.ts';
import type { LogPart, LogRequest, LogSources } from './read-log.ts';
import { readLog } from './read-log.ts';
import { createWrittenRun, gathered, succeeded } from './testing/written-run.ts';

const lines = 400;
const filter = { search: 'Needle' };
const signal = new AbortController().signal;

/** What stands among hundreds of lines that nobody looks for. */
const unusual = fc.record({
  at: fc.nat({ max: lines - 1 }),
  part: fc.record({
    job: fc.constantFrom('build', 'test'),
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    text: fc.constantFrom(
      'a nee',
      'dle here\n',
      'needle\n',
      'no line end',
      'two\nNEEDLE\nlines\n',
      'n\u001b[1meedle\n',
      'x\n\0nee',
      '\n',
    ),
  }),
});

/** A line that is begun behind a line end and a NUL, and ended after others. */
const cutBehindNul = (['x\n\0nee', 'dle here\n'] as const).map((text, index) => ({
  at: 10 + 5 * index,
  part: { job: 'test' as const, stream: 'stderr' as const, text },
}));

async function found(sources: LogSources, request: Omit<LogRequest, 'filter' | 'follow'>): Promise<readonly LogPart[]> {
  return (await gathered(readLog(sources, { ...request, filter, follow: false }, signal))).filter(
    ({ kind }) => kind !== 'pause',
  );
}

it('a search finds the same, with the same places, whether logs are skimmed or read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(unusual, { maxLength: 8 }), async (others) => {
      using run = createWrittenRun((store) => createReadings({ store, clock: systemClock }));
      const usual = Array.from({ length: lines }, (_, at) => ({ at, part: { text: `line ${at}\n` } }));
      const all = [...usual, ...others].toSorted((one, other) => one.at - other.at);
      run.write(all.map(({ part }) => part));
      run.become(succeeded);
      const [source] = run.sources.all;
      const { skim: _, ...read } = run.written;
      const unskimmed: LogSources = { ...run.sources, all: [{ ...source, written: () => read }] };
      const expected = await found(unskimmed, { run: run.run });
      expect(await found(run.sources, { run: run.run })).toEqual(expected);
      expect(run.skims()).toBeGreaterThan(0);
    }),
    { numRuns: 6, examples: [[cutBehindNul]] },
  );
});

it('a search reads what may hold what it looks for, and nothing else', async () => {
  using run = createWrittenRun((store) => createReadings({ store, clock: systemClock }));
  run.write(Array.from({ length: 5000 }, (_, index) => ({ text: index === 4500 ? 'the needle\n' : 'hay\n' })));
  run.become(succeeded);
  const parts = await found(run.sources, { run: run.run });
  expect(parts.map((part) => (part.kind === 'line' ? part.line.position : part.kind))).toEqual(['4501.1', 'end']);
  // For the part with the needle, and for whether anything follows the last.
  expect(run.reads()).toBe(2);
});

it('a search reads none of the lines of hundreds of bytes that hold nothing it looks for', async () => {
  using run = createWrittenRun((store) => createReadings({ store, clock: systemClock }));
  const line = `${'\u8a02'.repeat(100)}\n`;
  run.write(Array.from({ length: 5000 }, () => ({ text: line })));
  run.become(succeeded);
  expect((await found(run.sources, { run: run.run })).map(({ kind }) => kind)).toEqual(['end']);
  expect([run.skims(), run.reads(), run.items()]).toEqual([1, 1, 0]);
});
