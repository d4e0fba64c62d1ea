import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { didYouMean } from './did-you-mean.ts';

const keys = ['name', 'needs', 'if', 'runs-on', 'steps', 'timeout-minutes', 'continue-on-error'];

describe('didYouMean', () => {
  test.each([
    ['step', 'steps'],
    ['need', 'needs'],
    ['nedes', 'needs'],
    ['run-on', 'runs-on'],
    ['runs_on', 'runs-on'],
    ['Steps', 'steps'],
    ['timeout-minute', 'timeout-minutes'],
    ['continue-on-eror', 'continue-on-error'],
    ['fi', 'if'],
  ])('%s means %s', (word, meant) => {
    expect(didYouMean(word, keys)).toBe(meant);
  });

  test('guesses nothing where nothing is near', () => {
    expect(didYouMean('deployment', keys)).toBeUndefined();
    expect(didYouMean('x', ['y'])).toBeUndefined();
    expect(didYouMean('', keys)).toBeUndefined();
  });

  test('guesses nothing for a word that is a candidate itself', () => {
    expect(didYouMean('steps', ['step', 'steps'])).toBeUndefined();
  });

  test('takes the nearest, and the first of equally near ones', () => {
    expect(didYouMean('buildd', ['builder', 'build', 'builds'])).toBe('build');
    expect(didYouMean('inputz', ['inputx', 'inputs'])).toBe('inputx');
  });

  test('does not compare words too long to be a slip', () => {
    expect(didYouMean('a'.repeat(100_000), ['a'.repeat(99_999)])).toBeUndefined();
  });

  test('finds any word with one letter left out', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,20}$/), fc.nat(), (word, position) => {
        const index = position % word.length;
        expect(didYouMean(word.slice(0, index) + word.slice(index + 1), [word])).toBe(word);
      }),
    );
  });

  test('answers with a candidate or with nothing, for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (word, candidates) => {
        const guess = didYouMean(word, candidates);
        expect(guess === undefined || candidates.includes(guess)).toBe(true);
      }),
    );
  });
});
