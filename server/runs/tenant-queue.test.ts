import { expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { type QueuedRun, TenantQueue } from './tenant-queue.ts';

// Any text is an id to a queue.
const entry = (run: string, kind: QueuedRun['kind'] = 'start'): QueuedRun => ({
  run: run as RunId,
  tenant: run.slice(0, 1),
  kind,
});

function queueOf(...entries: readonly QueuedRun[]): TenantQueue {
  const queue = new TenantQueue();
  for (const one of entries) queue.add(one);
  return queue;
}

function takeAll(queue: TenantQueue): readonly string[] {
  const going = new Map<string, number>();
  const order: string[] = [];
  for (;;) {
    const next = queue.take((tenant) => going.get(tenant) ?? 0);
    if (next === undefined) return order;
    going.set(next.tenant, (going.get(next.tenant) ?? 0) + 1);
    order.push(next.run);
  }
}

it('takes turns between tenants, and within one in the order in which they came', () => {
  const queue = queueOf(...['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((run) => entry(run)));
  expect(takeAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  expect(queue.size).toBe(0);
});

it('prefers the tenant that has the fewest going on', () => {
  const queue = queueOf(entry('a1'), entry('b1'));
  expect(queue.take((tenant) => (tenant === 'a' ? 5 : 0))?.run).toBe('b1');
});

it('goes on with runs that were interrupted first', () => {
  expect(takeAll(queueOf(entry('a1'), entry('a2', 'resume')))).toEqual(['a2', 'a1']);
});

it('holds a run once, and lets it go', () => {
  const queue = queueOf(entry('a1'), entry('a1'), entry('b1'));
  expect(queue.size).toBe(2);
  expect([queue.remove('a1' as RunId), queue.remove('a1' as RunId)]).toEqual([true, false]);
  expect(takeAll(queue)).toEqual(['b1']);
});

it('passes over tenants that may begin no other one', () => {
  const queue = queueOf(...['a1', 'b1'].map((run) => entry(run)));
  expect(queue.take((tenant) => (tenant === 'a' ? undefined : 5))?.run).toBe('b1');
  expect(queue.take(() => undefined)).toBeUndefined();
  expect(queue.take(() => 0)?.run).toBe('a1');
});
