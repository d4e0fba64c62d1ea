import { describe, expect, it } from 'vitest';
import { parseSince } from './selection.ts';

const now = Date.UTC(2026, 4, 1, 12);

describe('since', () => {
  it.each([
    ['90s', now - 90_000],
    ['PT1H', now - 3_600_000],
    ['2026-05-01T10:00:00Z', now - 7_200_000],
    ['2026-05-01t10:00:00.250z', now - 7_200_000 + 250],
    ['2026-05-01T12:00:00+02:00', now - 7_200_000],
  ])('%s is a time', (text, at) => {
    expect(parseSince(text, now)).toBe(at);
  });

  it.each([
    '',
    'yesterday',
    '2026-05-01',
    '2026-05-01T10:00:00',
    '2026-13-01T10:00:00Z',
    '2026-05-01T10:00:00 02:00',
    '-5s',
  ])('%j is none', (text) => {
    expect(() => parseSince(text, now)).toThrow('`since` is no time');
  });
});
