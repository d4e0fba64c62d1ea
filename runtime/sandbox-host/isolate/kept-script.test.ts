import ivm from 'isolated-vm';
import { describe, expect, it } from 'vitest';
import { KeptScript } from './kept-script.ts';

describe('KeptScript', () => {
  it('hands what was compiled for one isolate to the next one, which takes it', () => {
    const kept = new KeptScript('kept.js', '({ answer: () => 42 })');
    const verdicts = [0, 1, 2].map(() => {
      const isolate = new ivm.Isolate();
      const script: ivm.Script & { cachedDataRejected?: boolean } = kept.compile(isolate);
      const exports = script.runSync(isolate.createContextSync(), { reference: true });
      const answer: unknown = exports.getSync('answer', { reference: true }).applySync(undefined, []);
      isolate.dispose();
      return [script.cachedDataRejected, answer];
    });
    expect(verdicts).toEqual([
      [undefined, 42],
      [false, 42],
      [false, 42],
    ]);
  });
});
