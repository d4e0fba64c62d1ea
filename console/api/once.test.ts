import { describe, expect, it } from 'vitest';
import { onceKeys } from './once.ts';

describe('the keys of a form', () => {
  it('are the same for the same content, and others for another', () => {
    const keyOf = onceKeys();
    const first = keyOf({ inputs: { a: 1 } });
    expect(first).toMatch(/^[0-9a-f]{32}$/u);
    expect(keyOf({ inputs: { a: 1 } })).toBe(first);
    const second = keyOf({ inputs: { a: 2 } });
    expect(second).not.toBe(first);
    // It was changed and changed back: the first may have been carried out.
    expect(keyOf({ inputs: { a: 1 } })).toBe(first);
  });

  it('are those of one form alone', () => {
    expect(onceKeys()('same')).not.toBe(onceKeys()('same'));
  });
});
