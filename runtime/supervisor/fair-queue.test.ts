import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

/** Items named after their tenant and run: `a1-0` is the first of run 1 of tenant a. */
function queueOf(...items: readonly string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const item of items) queue.push({ tenant: item.slice(0, 1), run: item.slice(0, 2) }, item);
  return queue;
}

function drain(queue: FairQueue<string>): readonly string[] {
  const taken: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) taken.push(item);
  return taken;
}

describe('the fair queue', () => {
  it('takes turns between tenants, however many wait for one of them', () => {
    expect(drain(queueOf('a1-0', 'a1-1', 'a1-2', 'b1-0', 'c1-0'))).toEqual(['a1-0', 'b1-0', 'c1-0', 'a1-1', 'a1-2']);
  });

  it('takes turns between the runs of a tenant', () => {
    expect(drain(queueOf('a1-0', 'a1-1', 'a1-2', 'a2-0', 'b1-0'))).toEqual(['a1-0', 'b1-0', 'a2-0', 'a1-1', 'a1-2']);
  });

  it('passes over who is not ready without taking the turn away', () => {
    const queue = queueOf('a1-0', 'a1-1', 'b1-0');
    expect(queue.shift((item) => item.startsWith('b'))).toBe('b1-0');
    expect(queue.shift((item) => item !== 'a1-0')).toBe('a1-1');
    expect(queue.shift(() => false)).toBeUndefined();
    expect([queue.length, queue.shift()]).toEqual([1, 'a1-0']);
  });

  it('forgets an item that gave up', () => {
    const queue = queueOf('a1-0', 'b1-0');
    expect([queue.remove('a1-0'), queue.remove('a1-0')]).toEqual([true, false]);
    expect([drain(queue), queue.length]).toEqual([['b1-0'], 0]);
  });

  it('loses nothing and serves nothing twice, whoever gives up', () => {
    const owners = fc.array(fc.constantFrom('a1', 'a2', 'b1'), { maxLength: 30 });
    fc.assert(
      fc.property(owners, fc.array(fc.nat({ max: 29 })), (runs, removed) => {
        const named = runs.map((run, index) => `${run}-${index}`);
        const queue = queueOf(...named);
        const left = new Set(named);
        for (const index of removed) expect(queue.remove(named[index] ?? '')).toBe(left.delete(named[index] ?? ''));
        expect(queue.length).toBe(left.size);
        expect(new Set(drain(queue))).toEqual(left);
      }),
    );
  });

  it('loses nothing, keeps the order of each run, and lets no run wait for more turns than there are runs', () => {
    const items = fc.array(fc.constantFrom('a1', 'a2', 'a3', 'b1', 'c1', 'c2'), { maxLength: 40 });
    const property = fc.property(items, (runs) => {
      const named = runs.map((run, index) => `${run}-${index}`);
      const taken = drain(queueOf(...named));
      expect(taken.toSorted()).toEqual(named.toSorted());
      for (const run of new Set(runs)) {
        const own = (all: readonly string[]) => all.filter((item) => item.startsWith(`${run}-`));
        expect(own(taken)).toEqual(own(named));
        // Every tenant's turn comes after at most 3, and in it that of each of its at most 3 runs.
        const first = taken.findIndex((item) => item.startsWith(`${run}-`));
        expect(first).toBeLessThan(9);
      }
    });
    expect(() => fc.assert(property)).not.toThrow();
  });
});
