import { describe, expect, it } from 'vitest';
import type { JobKey, StepKey } from '../../../schemas/index.ts';
import { newRun, segments, textsOf } from '../testing/samples.ts';
import type { MakeLogs } from './store.ts';

export function describeKeeping(makeLogs: MakeLogs): void {
  describe('logs that agents ship', () => {
    it('go on where they stand; what comes again changes nothing, and a gap is told and not kept', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      expect(await logs.append(run, segments(1, 3))).toMatchObject([{ step: 'test', next: 4, gap: false }]);
      expect(await logs.append(run, segments(2, 3))).toMatchObject([{ next: 5, gap: false }]);
      expect(await logs.append(run, segments(7, 2))).toMatchObject([{ next: 5, gap: true }]);
      expect(await textsOf(logs, run)).toEqual([1, 2, 3, 4].map((number) => `text ${number}\n`));
      expect(await textsOf(logs, run, 3)).toEqual(['text 4\n']);
    });

    it('are of runs, steps and attempts each by itself', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const [run, other] = [newRun(), newRun()];
      const mixed = [...segments(1, 1), ...segments(1, 2, { attempt: 2 }), ...segments(2, 1)];
      expect(await logs.append(run, mixed)).toMatchObject([
        { attempt: 1, next: 3 },
        { attempt: 2, next: 3 },
      ]);
      expect(await logs.append(other, segments(2, 1))).toMatchObject([{ next: 1, gap: true }]);
      expect(await textsOf(logs, other)).toEqual([]);
    });

    it('are kept as they are, whatever is in them and however long their names are', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      const names = { job: `j'"${'x'.repeat(5_000)}` as JobKey, step: 'loop[7].é' as StepKey };
      const parts = segments(1, 1, { ...names, stream: 'stderr', text: '\0\u0001\u001b[31m"\u2028💥 \ud800\n' });
      await logs.append(run, parts);
      const kept = [];
      for await (const part of logs.read(run, 0)) kept.push(part);
      expect(kept).toEqual(parts.map((part) => ({ ...part, text: expect.any(String), position: 1 })));
      expect(kept[0]?.text.slice(0, 10)).toBe(parts[0]?.text.slice(0, 10));
    });

    it('come in batches of any number of segments and attempts', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      const many = Array.from({ length: 1_000 }, (_, index) => segments(1, 3, { step: `s${index}` as StepKey })).flat();
      const shipped = await logs.append(run, many);
      expect(shipped).toHaveLength(1_000);
      expect(shipped.every(({ next, gap }) => next === 4 && !gap)).toBe(true);
      expect(await textsOf(logs, run)).toEqual(many.map(({ text }) => text));
      expect(await logs.append(run, segments(1, 1, { step: 'more' as StepKey }))).toMatchObject([{ next: 2 }]);
    });

    it('are there for the next server, and are removed with their run', async () => {
      await using store = await makeLogs();
      const run = newRun();
      const other = newRun();
      const first = await store.open();
      await first.append(run, segments(1, 2_500));
      await first.append(other, segments(1, 1));
      await first[Symbol.asyncDispose]();
      const logs = await store.open();
      expect(await logs.append(run, segments(2_501, 1))).toMatchObject([{ next: 2_502, gap: false }]);
      expect(await textsOf(logs, run)).toHaveLength(2_501);
      await logs.remove(run);
      await logs.remove(run);
      expect(await textsOf(logs, run)).toEqual([]);
      expect(await textsOf(logs, other)).toHaveLength(1);
      expect(await logs.append(run, segments(1, 1))).toMatchObject([{ next: 2, gap: false }]);
    });

    it('are kept up to a limit, which the log names once, also over a restart', async () => {
      await using store = await makeLogs();
      const run = newRun();
      for (const from of [1, 6, 11]) {
        const logs = await store.open({ limitBytes: 30 });
        expect(await logs.append(run, segments(from, 5))).toMatchObject([{ next: from + 5, gap: false }]);
      }
      const texts = await textsOf(await store.open(), run);
      expect(texts.slice(0, -1)).toEqual(['text 1\n', 'text 2\n', 'text 3\n', 'text 4\n']);
      expect(texts.at(-1)).toBe('The log is longer than 30 bytes: the rest is not kept.\n');
    });
  });
}
