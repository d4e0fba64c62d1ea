import { describe, expect, it } from 'vitest';
import type { ServerClock } from '../parts.ts';
import { createAdmission } from './admission.ts';
import { HttpProblem } from './problem.ts';

const never = new AbortController().signal;

function admission(limits: Partial<Parameters<typeof createAdmission>[0]> = {}) {
  const timers = new Set<() => void>();
  const clock: ServerClock = {
    now: () => 0,
    after: (_, callback) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
  };
  const shed: string[] = [];
  const made = createAdmission(
    { requests: 2, queuedRequests: 10, queueTimeoutMs: 1, ...limits },
    { clock, shed: (reason) => shed.push(reason) },
  );
  return { made, shed, timers, timeOut: () => timers.forEach((callback) => callback()) };
}

const refusalOf = async (entering: Promise<Disposable>): Promise<HttpProblem> => {
  const thrown: unknown = await entering.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(thrown instanceof HttpProblem)) throw new Error('it was let in');
  return thrown;
};

describe('admission', () => {
  it('lets so many in, and the others in turn, tenants one after the other', async () => {
    const { made, timers } = admission();
    const first = [await made.enter('a', never), await made.enter('a', never)];
    const order: string[] = [];
    const entering = ['a', 'a', 'b', 'c'].map(async (holder, index) => {
      const place = await made.enter(holder, never);
      order.push(`${holder}${index}`);
      return place;
    });
    expect([made.taken, made.waiting]).toEqual([2, 4]);
    for (const place of first) place[Symbol.dispose]();
    const second = await Promise.all([entering[0], entering[2]]);
    expect([made.taken, made.waiting]).toEqual([2, 2]);
    for (const place of second) place?.[Symbol.dispose]();
    for (const place of await Promise.all(entering.slice(1, 4).filter((_, index) => index !== 1)))
      place[Symbol.dispose]();
    expect(order).toEqual(['a0', 'b2', 'c3', 'a1']);
    expect([made.taken, made.waiting, timers.size]).toEqual([0, 0, 0]);
  });

  it('refuses what comes beyond those that may wait, and leaves others their share', async () => {
    const { made, shed } = admission({ requests: 1 });
    await made.enter('a', never);
    const waiting = Array.from({ length: 9 }, () => made.enter('greedy', never).catch(() => undefined));
    expect(waiting).toHaveLength(made.waiting);
    const refused = await refusalOf(made.enter('greedy', never));
    expect(refused).toMatchObject({ status: 503, error: { code: 'SERVER_UNAVAILABLE' } });
    expect(refused.extras.headers).toEqual({ 'Retry-After': '5' });
    void made.enter('modest', never);
    expect([made.waiting, shed]).toEqual([10, ['queue_full']]);
  });

  it('refuses whoever waited for too long', async () => {
    const { made, shed, timeOut } = admission({ requests: 1 });
    const place = await made.enter('a', never);
    const waiting = made.enter('b', never);
    timeOut();
    expect((await refusalOf(waiting)).error.message).toBe('the server had no time for the request');
    expect([made.waiting, shed]).toEqual([0, ['queue_timeout']]);
    place[Symbol.dispose]();
    expect(made.taken).toBe(0);
  });

  it('has nobody wait who is gone, and gives the turn to the next', async () => {
    const { made, shed } = admission({ requests: 1 });
    const place = await made.enter('a', never);
    const leaving = new AbortController();
    const gone = made.enter('b', leaving.signal);
    const next = made.enter('c', never);
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    place[Symbol.dispose]();
    await next;
    expect([made.taken, made.waiting, shed]).toEqual([1, 0, []]);
    await expect(made.enter('d', AbortSignal.abort(new Error('ending')))).rejects.toThrow('ending');
  });
});
