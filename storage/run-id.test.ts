import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRunId } from '../schemas/index.ts';
import { createRunIds } from './run-id.ts';

describe('run ids', () => {
  it('are valid and ascend, whatever the clock and the random bytes do', () => {
    const readings = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 })),
      {
        minLength: 2,
        maxLength: 50,
      },
    );
    fc.assert(
      fc.property(readings, (given) => {
        let index = 0;
        const next = createRunIds({
          now: () => given[index]?.[0] ?? 0,
          randomBytes: () => given[index]?.[1] ?? new Uint8Array(10),
        });
        const ids = given.map((_, at) => {
          index = at;
          return next();
        });
        expect(ids.map((id) => parseRunId(id))).toEqual(ids);
        expect(ids.toSorted()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('goes on in the next millisecond when the random part is used up', () => {
    const next = createRunIds({ now: () => 5, randomBytes: (length) => new Uint8Array(length).fill(255) });
    const [first, second] = [next(), next()];
    expect(first).toBe('run-0000000005zzzzzzzzzzzzzzzz');
    expect(second).toBe('run-0000000006zzzzzzzzzzzzzzzz');
  });

  it('sorts a later run after an earlier one', () => {
    let now = 1_700_000_000_000;
    const make = () => createRunIds({ now: () => now, randomBytes: (length) => new Uint8Array(length).fill(255) })();
    const earlier = make();
    now += 1;
    expect(make() > earlier).toBe(true);
  });
});
