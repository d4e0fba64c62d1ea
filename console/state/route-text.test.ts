import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkTo, parseRoute } from './route-text.ts';

describe('addresses in the console', () => {
  it('lead to what they were made of, whatever texts those are', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }).filter((one) => one.isWellFormed());
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 4 }),
        fc.dictionary(text, fc.array(text, { maxLength: 3 }), { maxKeys: 3 }),
        (path, query) => {
          const { path: read, query: parameters } = parseRoute(linkTo(path, query));
          expect(read).toEqual(path);
          for (const [name, values] of Object.entries(query)) expect(parameters.getAll(name)).toEqual(values);
        },
      ),
    );
  });

  it('are read as they are where they are not percent-encoded properly', () => {
    expect(parseRoute('#/runs/%zz?job=%zz').path).toEqual(['runs', '%zz']);
  });

  it('have no empty parameters', () => {
    expect(linkTo(['runs'], { cursor: undefined, status: [] })).toBe('#/runs');
  });
});
