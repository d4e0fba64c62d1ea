import { describe, expect, it } from 'vitest';
import { endText, progressText } from './loop-view.ts';

const counts = { total: 200, success: 126, failure: 2, cancelled: 0, skipped: 0 };

describe('what is said of a loop', () => {
  it('is how far it is, while it goes on', () => {
    expect(progressText(counts)).toBe('128 of 200 iterations, 2 failed');
    expect(progressText({ ...counts, total: 1, success: 0, failure: 0 })).toBe('0 of 1 iteration');
  });

  it('is how its iterations ended, once it is over', () => {
    expect(endText({ ...counts, success: 190, skipped: 8 })).toBe('200 iterations, 2 failed, 8 not begun');
  });
});
