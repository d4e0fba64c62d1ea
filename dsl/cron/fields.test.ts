import { array, assert, constantFrom, integer, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStarts, readCron } from './index.ts';

const reference = { after: new Date(0), count: 1 };

describe('readCron', () => {
  it.each([
    ['30 6 * * 1-5', '30 6 * * 1-5'],
    ['*/15 0-6/2,22 1,15 JAN-mar Mon,fri-sun', '*/15 0-6/2,22 1,15 jan-mar mon,fri-sun'],
    ['  0   0 29 2 * ', '0 0 29 2 *'],
    ['0 0 * * 7', '0 0 * * 7'],
    ['@daily', '0 0 * * *'],
    ['@Hourly', '0 * * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
  ])('reads %s', (text, cron) => {
    expect(readCron(text)).toEqual({ cron });
    expect(nextStarts({ cron, timezone: 'UTC' }, reference)).toHaveLength(1);
  });

  it.each([
    ['61 * * * *', '61', 'no number from 0 to 59', undefined],
    ['* 24 * * *', '24', 'no number from 0 to 23', undefined],
    ['* * 0 * *', '0', 'no number from 1 to 31', undefined],
    ['* * * 13 *', '13', 'no number from 1 to 12', undefined],
    ['* * * * 8', '8', 'no number from 0 to 7', undefined],
    ['0,61 * * * *', '61', 'the minutes', undefined],
    ['* * * * monday', 'monday', 'days of the week', 'mon'],
    ['* * * sept *', 'sept', 'months', 'sep'],
    ['* * * * mon-firday', 'firday', 'days of the week', undefined],
    ['mon * * * *', 'mon', "can't be read in the minutes", undefined],
    ['0 0 * * ?', '?', "can't be read in the days of the week", '*'],
    ['0 0 L * *', 'L', "can't be read in the days of the month", undefined],
    ['0 0 * * 1#2', '1#2', "can't be read", undefined],
    ['-5 * * * *', '-5', "can't be read", undefined],
    ['1-2-3 * * * *', '1-2-3', "can't be read", undefined],
    ['*-5 * * * *', '*-5', "can't be read", undefined],
    ['1,,2 * * * *', ',', 'is empty', undefined],
    ['* ,2 * * *', ',', 'is empty', undefined],
    ['1, * * * *', ',', 'is empty', undefined],
    ['*/0 * * * *', '0', "can't be a step", undefined],
    ['*/61 * * * *', '61', "can't be a step", undefined],
    ['*/x * * * *', 'x', "can't be a step", undefined],
    ['*/ * * * *', '/', "can't be a step", undefined],
    ['5/15 * * * *', '5/15', 'no range to go through', '5-59/15'],
    ['0 0 * * 1/2', '1/2', 'no range to go through', 'mon-sat/2'],
    ['50-10 * * * *', '50-10', 'ends before it begins', undefined],
    ['0 0 * * fri-mon', 'fri-mon', 'ends before it begins', undefined],
    ['0 0 0 * * *', '0 0 0 * * *', 'seconds are not supported', '0 0 * * *'],
    ['30 0 0 * * *', '30 0 0 * * *', 'seconds are not supported', undefined],
    ['* * * *', '* * * *', 'this one has 4', undefined],
    ['@dayly', '@dayly', 'no schedule', '@daily'],
    ['@reboot', '@reboot', 'no schedule', undefined],
  ])('says of %s where it is wrong', (text, place, message, replacement) => {
    const read = readCron(text);
    if ('cron' in read) throw new Error('it was read');
    expect(text.slice(read.problem.start, read.problem.end)).toBe(place);
    expect(read.problem.message).toContain(message);
    expect(read.problem.replacement).toBe(replacement);
    expect(read.problem.remedy).toMatch(/^[A-Z].*\.$/);
  });

  it('gives replacements that can be read', () => {
    expect(readCron('5-59/15 0 * * mon-sat/2')).toEqual({ cron: '5-59/15 0 * * mon-sat/2' });
  });

  const item = oneof(
    constantFrom('*', '*/2', '1', '1-5', '2-10/3', 'mon', 'jan', 'fri-sun', '31', '7'),
    integer({ min: 0, max: 70 }).map(String),
    tuple(integer({ min: 0, max: 70 }), integer({ min: 0, max: 70 })).map(([from, to]) => `${from}-${to}`),
    string({ unit: constantFrom(...'0123456789*/,-?#LWsunmoja@'.split('')), maxLength: 6 }),
  );

  it('takes nothing that croner refuses, whatever stands there, and places every problem within the text', () => {
    assert(
      property(array(array(item, { minLength: 1, maxLength: 3 }), { maxLength: 6 }), (lists) => {
        const text = lists.map((list) => list.join(',')).join(' ');
        const read = readCron(text);
        if ('cron' in read) return nextStarts({ cron: read.cron, timezone: 'UTC' }, reference).length <= 1;
        const { start, end } = read.problem;
        return start >= 0 && start <= end && end <= Math.max(1, text.length);
      }),
      { numRuns: 2_000 },
    );
  });
});
