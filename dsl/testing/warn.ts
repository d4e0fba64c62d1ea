import { expect } from 'vitest';
import { compileMarked } from './mistakes.ts';

/** Compiles a source whose places of warnings are marked, and expects them and nothing else. */
export function warn(source: string): ReturnType<typeof compileMarked> {
  const result = compileMarked(source);
  expect(result.reported).toEqual(result.marked);
  expect(new Set(result.diagnostics.map(({ severity }) => severity)).has('error')).toBe(false);
  return result;
}
