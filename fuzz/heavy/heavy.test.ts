import { afterAll, describe, expect, it } from 'vitest';
import { heavyInputs } from './inputs.ts';
import { HeavyReader } from './reader.ts';

/** An answer takes some tenths of a second; where cost grows with the square of something it takes minutes, on any machine. */
const watchdogMs = 30_000;

const reader = new HeavyReader();
afterAll(() => reader[Symbol.asyncDispose]());

describe('files that might take long', () => {
  it.each(heavyInputs.map(({ name, size, of }) => ({ name, size, of })))(
    'answers $name ($size $of)',
    async ({ name, size }) => {
      expect(await reader.read({ name, size }, watchdogMs)).toBeDefined();
    },
  );

  it.each([
    ['jobs in a chain', 5_000],
    ['jobs that read a job before them', 2_000],
    ['steps that read the step before them', 4_000],
    ['a script of short lines', 20_000],
  ])('reads %s (%i) to a plan', async (name, size) => {
    expect(await reader.read({ name, size }, watchdogMs)).toMatchObject({ plan: true });
  });

  it.each([
    ['nothing but `${{`', 10_000_000, 'FILE_TOO_LARGE'],
    ['brackets in an expression', 10_000, 'EXPRESSION_LIMIT'],
    ['steps in each other', 10_000, 'YAML_TOO_DEEP'],
    ['a matrix of many cells', 256, 'INVALID_VALUE'],
    ['calls through a chain of files', 40, 'INVALID_VALUE'],
    ['jobs in a chain that is a circle', 5_000, 'NEEDS_CYCLE'],
    ['aliases of aliases', 1_000, 'YAML_ALIAS_BOMB'],
  ])('refuses %s (%i) with %s', async (name, size, code) => {
    const answer = await reader.read({ name, size }, watchdogMs);
    expect(answer).toMatchObject({ plan: false });
    expect(answer?.codes).toContain(code);
  });
});
