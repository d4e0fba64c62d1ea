import { describe, expect, it } from 'vitest';
import type { Store } from '../port.ts';
import { exampleRecord, exampleSegment, failureOf } from './store-contract.ts';

const machine = { kind: 'run' } as const;

/** How every driver of the store's port lets a run be followed, see `describeStore`. */
export function describeReading(
  name: string,
  makeStore: () => { readonly store: Store; readonly reopen: () => Store },
): void {
  describe(`the store's contract on following a run: ${name}`, () => {
    it('gives the entries after any one of them, and none after one that is not there yet', () => {
      const { store, reopen } = makeStore();
      using run = store.create(exampleRecord());
      run.append(['a', 'b', 'c'].map((type) => ({ machine, event: { type } })));
      using reading = reopen().read(run.run);
      const after = (sequence: number) =>
        Array.from(reading.entries(sequence), (entry) => [entry.sequence, entry.event['type']]);
      expect(after(0)).toEqual([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]);
      expect(after(2)).toEqual([[3, 'c']]);
      expect([after(3), after(9)]).toEqual([[], []]);
      run.append([{ machine, event: { type: 'd' } }]);
      expect(after(3)).toEqual([[4, 'd']]);
    });

    it('skims logs, many parts as one text, as far as that takes little memory', () => {
      const { store, reopen } = makeStore();
      using run = store.create(exampleRecord());
      using reading = reopen().read(run.run);
      const skimmed = (after: number) => [...reading.skimLogs(after)];
      expect(skimmed(0)).toEqual([]);
      for (const [index, text] of ['one\n', 'tw', 'o\n', 'three\n'].entries())
        run.appendLog(exampleSegment(index + 1, text));
      expect(skimmed(0)).toEqual([{ position: 4, text: 'one\ntwo\nthree\n', isWhole: false }]);
      expect(skimmed(2)).toEqual([{ position: 4, text: 'o\nthree\n', isWhole: true }]);
      expect(skimmed(4)).toEqual([]);
      run.appendLog(exampleSegment(5, 'x'.repeat(2 * 1024 * 1024)));
      run.appendLog(exampleSegment(6, 'ends\0here\n'));
      run.appendLog(exampleSegment(7, 'goes\n\0on'));
      expect(skimmed(0)).toEqual([{ position: 4, text: 'one\ntwo\nthree\n', isWhole: false }]);
      expect(skimmed(4)).toEqual([]);
      expect(skimmed(5)).toEqual([{ position: 7, text: 'ends\0here\ngoes\n\0on', isWhole: false }]);
      run.appendLog(exampleSegment(8, 'last\0line\n'));
      expect(skimmed(7)).toEqual([{ position: 8, text: 'last\0line\n', isWhole: true }]);
    });

    it('skims as many parts at a time as take little memory', () => {
      const { store, reopen } = makeStore();
      using run = store.create(exampleRecord());
      using reading = reopen().read(run.run);
      const lines = Array.from({ length: 30 }, (_, index) => `${String(index).padStart(100 * 1024)}\n`);
      for (const [index, text] of lines.entries()) run.appendLog(exampleSegment(index + 1, text));
      const skimmed = [...reading.skimLogs(0)];
      expect(skimmed.map(({ text }) => text).join('')).toBe(lines.join(''));
      expect(skimmed.map(({ text }) => text.length <= 1024 * 1024)).not.toContain(false);
      expect(skimmed.at(-1)?.position).toBe(lines.length);
      expect(skimmed.length).toBeLessThan(8);
    });

    it('tells whoever listens of each entry and of each log', async () => {
      const { store, reopen } = makeStore();
      using run = store.create(exampleRecord());
      using reading = reopen().read(run.run);
      const seen = { entries: 0, logs: 0 };
      let wake = (): void => {};
      using _listening = reopen().listen(run.run, () => {
        seen.entries = [...reading.entries()].length;
        seen.logs = [...reading.logsAfter(0)].length;
        wake();
      });
      const until = async (entries: number, logs: number): Promise<void> => {
        while (seen.entries < entries || seen.logs < logs) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      };
      for (let number = 1; number <= 5; number += 1) {
        run.append([{ machine, event: { type: 'timer_fired' } }]);
        await until(number, number - 1);
        run.appendLog(exampleSegment(number, 'line\n'));
        await until(number, number);
      }
      expect(seen).toEqual({ entries: 5, logs: 5 });
    });

    it('listens to no run that is not there', () => {
      const { store } = makeStore();
      expect(failureOf(() => store.listen(exampleRecord().run, () => {})).error.code).toBe('RUN_NOT_FOUND');
    });
  });
}
