import { describe, expect, it } from 'vitest';
import type { StepKey } from '../../../schemas/index.ts';
import type { SkimmedSegments } from '../../port.ts';
import { newRun, segments, textsOf } from '../testing/samples.ts';
import type { MakeLogs } from './store.ts';

export function describeReading(makeLogs: MakeLogs): void {
  describe('a reader of shipped logs', () => {
    it('misses nothing of what is written meanwhile, by any number of writers', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      const writers = [1, 2, 3, 4].map(async (writer) => {
        const step = `s${writer}` as StepKey;
        for (let from = 1; from < 100; from += 2) await logs.append(run, segments(from, 2, { step }));
      });
      let writing = true;
      const written = Promise.all(writers).finally(() => {
        writing = false;
      });
      const seen: string[] = [];
      for (let position = 0, last = false; !last; ) {
        last = !writing;
        for await (const part of logs.read(run, position)) {
          expect(part.position).toBeGreaterThan(position);
          position = part.position;
          seen.push(`${part.step} ${part.sequence}`);
        }
        await new Promise((resolve) => void setImmediate(resolve));
      }
      await written;
      expect(new Set(seen).size).toBe(400);
      expect(seen).toHaveLength(400);
    });

    it('of a long log stops and goes on anywhere, and holds up nobody', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      const text = 'x'.repeat(100_000);
      for (let from = 1; from <= 40; from += 4) await logs.append(run, segments(from, 4, { text }));
      const reading = logs.read(run, 0)[Symbol.asyncIterator]();
      for (let count = 1; count <= 20; count += 1) {
        expect((await reading.next()).value).toMatchObject({ position: count, text });
      }
      // In the midst of that reading.
      await logs.append(run, segments(41, 1, { text: 'last\n' }));
      await reading.return?.(undefined);
      expect((await textsOf(logs, run, 20)).slice(-2)).toEqual([text, 'last\n']);
      expect(await textsOf(logs, run, 41)).toEqual([]);
    });

    it('skims many parts as one text, as far as that takes little memory', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      const skimmed = async (after: number): Promise<readonly SkimmedSegments[]> => {
        const all: SkimmedSegments[] = [];
        for await (const part of logs.skim(run, after)) all.push(part);
        return all;
      };
      expect(await skimmed(0)).toEqual([]);
      for (const [index, text] of ['one\n', 'tw', 'o\n', '\u00fc\n'].entries())
        await logs.append(run, segments(index + 1, 1, { text }));
      expect(await skimmed(0)).toEqual([{ position: 4, text: 'one\ntwo\n\u00fc\n', isWhole: false }]);
      expect(await skimmed(2)).toEqual([{ position: 4, text: 'o\n\u00fc\n', isWhole: true }]);
      expect(await skimmed(4)).toEqual([]);
      await logs.append(run, segments(5, 1, { text: 'x'.repeat(2 * 1024 * 1024) }));
      expect(await skimmed(0)).toEqual([{ position: 4, text: 'one\ntwo\n\u00fc\n', isWhole: false }]);
      expect(await skimmed(4)).toEqual([]);
      const lines = segments(6, 30, { text: `${'\u8a02'.repeat(33 * 1024)}\n` });
      await logs.append(run, lines);
      const all = await skimmed(5);
      expect(all.map(({ text }) => text).join('')).toBe(lines.map(({ text }) => text).join(''));
      expect(all.map(({ text }) => Buffer.byteLength(text) <= 1024 * 1024)).not.toContain(false);
      expect([all.at(-1)?.position, all.length < 8]).toEqual([35, true]);
    });

    it('is told when something came, until it watches no more', async () => {
      await using store = await makeLogs();
      const logs = await store.open();
      const run = newRun();
      const told: string[] = [];
      const watching = logs.watch(run, () => told.push('first'));
      const heard = new Promise<void>((resolve) => {
        const other = logs.watch(run, () => {
          other[Symbol.dispose]();
          resolve();
        });
      });
      await logs.append(run, segments(1, 1));
      await heard;
      expect(told).toContain('first');
      watching[Symbol.dispose]();
      const before = told.length;
      await logs.append(run, segments(2, 1));
      expect(told).toHaveLength(before);
    });
  });
}
