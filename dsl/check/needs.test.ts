import { expect, it } from 'vitest';
import { compileMarked } from '../testing/mistakes.ts';

it('says what to do about a need where there is no other job', () => {
  const { marked, reported, diagnostics } = compileMarked(
    'jobs:\n  build: { needs: ▸UNKNOWN_NEED▸test, steps: [{ run: x }] }\n',
  );
  expect(reported).toEqual(marked);
  expect(diagnostics[0]?.remedy).toBe('Remove it: there is no other job.');
});
