import { expect, it } from 'vitest';
import { inOwnWords } from './own-words.ts';

const problem = { severity: 'error', file: 'workflow.yml', line: 1, column: 1, remedy: 'Send it.' } as const;

it.each([
  [{ code: 'MISSING_INPUT', message: 'it is required', pointer: '/inputs/a~1b' }, 'Give it: --input a/b=….'],
  [{ code: 'SECRET_MISSING', message: 'the workflow needs the secret TOKEN, which was not given' }, '--secret TOKEN'],
  [{ code: 'WRONG_TYPE', message: 'it must be a number', pointer: '/inputs/count' }, 'Send it.'],
] as const)('%j is told in words of the command', (given, remedy) => {
  const told = inOwnWords({ ...problem, ...given });
  expect(told.remedy).toContain(remedy);
  expect(told).not.toHaveProperty('pointer');
});
