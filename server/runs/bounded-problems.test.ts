import { expect, test } from 'vitest';
import type { Diagnostic } from '../../schemas/index.ts';
import { boundedProblems } from './bounded-problems.ts';

const problem = (severity: Diagnostic['severity'], message: string): Diagnostic => ({
  severity,
  code: 'INVALID_VALUE',
  message,
  remedy: 'Change it.',
  file: 'workflow.yml',
  line: 1,
  column: 1,
});

test('few problems stay as they are', () => {
  const few = [problem('warning', 'a'), problem('error', 'b')];
  expect(boundedProblems(few)).toEqual(few);
  expect(boundedProblems([])).toEqual([]);
});

test('of many, errors come first, and the last one says how many were left out', () => {
  const warnings = Array.from({ length: 100_000 }, (_, index) => problem('warning', `w${index}`));
  const shown = boundedProblems([...warnings, problem('error', 'wrong')]);
  expect(shown).toHaveLength(501);
  expect(shown[0]).toMatchObject({ severity: 'error', message: 'wrong' });
  expect(shown.at(-1)).toMatchObject({
    severity: 'warning',
    code: 'LIMIT_EXCEEDED',
    message: 'there are 99501 more problems',
  });
});

test('of long ones there are as many as there is room for, and one at least', () => {
  const long = Array.from({ length: 10 }, () => problem('error', 'x'.repeat(400_000)));
  expect(boundedProblems(long)).toHaveLength(3);
  const [longest, rest] = boundedProblems([problem('error', 'x'.repeat(2_000_000)), problem('error', 'b')]);
  expect(longest).toMatchObject({ code: 'INVALID_VALUE' });
  expect(rest).toMatchObject({ severity: 'error', message: 'there are 1 more problems' });
});
