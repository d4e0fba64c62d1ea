import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

describe('the queue', () => {
  it('serves tenants in turns, and each in its order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.push(item.charAt(0), item);
    const served: string[] = [];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) served.push(item);
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('says whose turn it is without taking it', () => {
    const queue = new FairQueue<string>();
    expect(queue.peek()).toBeUndefined();
    queue.push('a', 'first');
    expect([queue.peek(), queue.peek(), queue.shift(), queue.peek()]).toEqual(['first', 'first', 'first', undefined]);
  });

  it('loses nothing and serves nothing twice', () => {
    const items = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 });
    fc.assert(
      fc.property(items, fc.array(fc.nat({ max: 29 })), (tenants, removed) => {
        const queue = new FairQueue<number>();
        tenants.forEach((tenant, index) => queue.push(tenant, index));
        const left = new Set(tenants.keys());
        for (const index of removed) expect(queue.remove(index)).toBe(left.delete(index));
        expect(queue.length).toBe(left.size);
        for (let item = queue.shift(); item !== undefined; item = queue.shift()) expect(left.delete(item)).toBe(true);
        expect(left.size).toBe(0);
      }),
    );
  });
});
