import { expect, it } from 'vitest';
import { remembered } from './remembered.ts';

it('answers as the function does, and asks it once for what was asked before', () => {
  const asked: string[] = [];
  const lengthOf = remembered((text) => {
    asked.push(text);
    return text === '' ? undefined : text.length;
  });
  expect(['ab', '', 'ab', '', 'abc'].map(lengthOf)).toEqual([2, undefined, 2, undefined, 3]);
  expect(asked).toEqual(['ab', '', 'abc']);
});

it('keeps a bounded number of answers, and none to long texts', () => {
  let asked = 0;
  const count = remembered(() => (asked += 1));
  count('first');
  for (let each = 0; each < 300; each += 1) count(`other ${each}`);
  asked = 0;
  count('first');
  count('x'.repeat(1000));
  count('x'.repeat(1000));
  expect(asked).toBe(3);
});
