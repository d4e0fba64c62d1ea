import { describe, expect, it } from 'vitest';
import { parseTimeout } from './duration.ts';
import { describeExpectation, isExpected } from './status.ts';

describe('the statuses that a step expects', () => {
  it('are one, a class, or a list', () => {
    expect(isExpected(204, '2xx')).toBe(true);
    expect(isExpected(204, 204)).toBe(true);
    expect(isExpected(404, ['2XX', 404])).toBe(true);
    expect(isExpected(301, ['2xx', '404'])).toBe(false);
    expect(describeExpectation(['2xx', 404])).toBe('2xx or 404');
  });

  it.each(['fine', '2x', '6xx', '20', '', '2000'])('are not %j', (expectation) => {
    expect(() => isExpected(200, expectation)).toThrow('is neither a status (200) nor a class (2xx)');
  });
});

describe('the timeout', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['0.5s', 500],
    [3, 3000],
    ['3', 3000],
  ])('reads %j as %i ms', (value, milliseconds) => {
    expect(parseTimeout(value)).toBe(milliseconds);
  });

  it.each(['soon', '', 0, -1, '5s!', 's', '1..5s'])('refuses %j', (value) => {
    expect(() => parseTimeout(value)).toThrow('is no duration');
  });
});
