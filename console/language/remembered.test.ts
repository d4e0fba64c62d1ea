import { expect, it } from 'vitest';
import type { Source } from './protocol.ts';
import { remembered } from './remembered.ts';

it('what was read is read anew only where the text, its name or a file beside it is another one', () => {
  const read: Source[] = [];
  const length = remembered((source) => read.push(source));
  const source = { text: 'a', file: 'w.yml', files: { 'b.yml': 'b' } };
  const others = [
    { ...source, text: 'A' },
    { ...source, file: 'v.yml' },
    { ...source, files: { 'b.yml': 'B' } },
    { ...source, files: { 'c.yml': 'b' } },
    { ...source, files: {} },
  ];
  for (const other of others) {
    expect(length(source)).toBe(length(structuredClone(source)));
    const before = read.length;
    expect(length(other)).toBe(length({ ...other }));
    expect(read).toHaveLength(before + 1);
    expect(length(source)).toBeLessThanOrEqual(before);
  }
});

it('only the last two are kept', () => {
  let reads = 0;
  const read = remembered(() => (reads += 1));
  for (const text of ['a', 'b', 'c', 'a']) read({ text, file: 'w.yml', files: {} });
  expect(reads).toBe(4);
});
