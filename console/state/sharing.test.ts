import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharing } from './sharing.ts';

describe('what is shared of JSON', () => {
  it('is as it was without that, whatever was there before', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, now) => {
        const expected: unknown = JSON.parse(JSON.stringify(now));
        expect(sharing(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(now)))).toEqual(expected);
      }),
    );
  });

  it('is the whole of what came again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const again: unknown = JSON.parse(JSON.stringify(value));
        const before: unknown = JSON.parse(JSON.stringify(value));
        expect(sharing(before, again)).toBe(before);
      }),
    );
  });

  it('is each part that is the same', () => {
    const before = { jobs: { a: { status: 'running' }, b: { status: 'queued' } }, list: [{ at: 1 }, { at: 2 }] };
    const now = {
      jobs: { a: { status: 'running' }, b: { status: 'running' } },
      list: [{ at: 1 }, { at: 3 }, { at: 4 }],
    };
    const expected = structuredClone(now);
    const shared = sharing(before, now);
    expect(shared).toEqual(expected);
    expect(shared.jobs.a).toBe(before.jobs.a);
    expect(shared.jobs.b).not.toBe(before.jobs.b);
    expect(shared.list[0]).toBe(before.list[0]);
  });
});
