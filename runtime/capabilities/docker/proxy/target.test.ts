import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from './refusal.ts';
import { readTarget } from './target.ts';

const segment = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,20}$/u);

function pathOf(text: string): string {
  try {
    return readTarget(text).path;
  } catch (cause) {
    if (cause instanceof Refusal && cause.status === 400) return '/refused';
    throw cause;
  }
}

describe('the target of a request', () => {
  test('is the same with and without the version', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 99 }),
        (segments, minor) => {
          const path = `/${segments.join('/')}`;
          expect(readTarget(path).path).toBe(path);
          expect(readTarget(`/v1.${minor}${path}`).path).toBe(path);
        },
      ),
    );
  });

  test('is a plain path, or refused', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const path = pathOf(`/${text}`);
        expect(path).not.toMatch(/\/\/|\/\.|[%?#\\\s]|\/$/u);
      }),
    );
  });

  test('keeps its parameters', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/u), fc.string({ maxLength: 20 }), { maxKeys: 10 }),
        (query) => {
          const found = readTarget(`/info?${new URLSearchParams(query).toString()}`).query;
          expect(Object.fromEntries(found)).toEqual({ ...query });
        },
      ),
    );
  });
});
