import { describe, expect, it } from 'vitest';
import { type BlockingPipe, CallChannel } from './call-channel.ts';
import type { SleepClock } from './sleep-order.ts';
import { encodeFrame, FrameReader } from './wire.ts';

/** Takes calls in, and gives whatever it is told to give. */
function pipeOf(): BlockingPipe & { readonly outgoing: Uint8Array[] } {
  const reader = new FrameReader(1024);
  const outgoing: Uint8Array[] = [];
  return {
    outgoing,
    write: (from) => {
      reader.push(from.slice());
      return from.byteLength;
    },
    read: (into) => {
      const next = outgoing.shift();
      if (next === undefined) return 0;
      into.set(next);
      return next.byteLength;
    },
  };
}

/** Makes these calls, has them answered in this order, and says in which order the guest is told. */
function told(clock: SleepClock, calls: readonly (number | string)[], answers: readonly number[]): readonly number[] {
  const pipe = pipeOf();
  const channel = new CallChannel(pipe);
  channel.begin(1, clock);
  const ids = calls.map((call) =>
    typeof call === 'number'
      ? channel.submit('sleep', 'for', JSON.stringify({ ms: call }))
      : channel.submit('net', call, '{}'),
  );
  for (const index of answers)
    pipe.outgoing.push(encodeFrame({ t: 'answer', id: ids[index] ?? 0 }, JSON.stringify({ ok: null })));
  return calls.map(() => ids.indexOf(channel.next()?.id));
}

describe.each([
  ['time passes', (): number => 0],
  ['sleeps are skipped', 'skipped'],
] as const)('sleeps, where %s', (_where, clock) => {
  it('end in the order of their times, whatever order the answers have', () => {
    expect(told(clock, [20, 10, 0, 30], [3, 0, 1, 2])).toEqual([2, 1, 0, 3]);
  });

  it('end as they began where they are as long', () => {
    expect(told(clock, [5, 5, 5], [2, 0, 1])).toEqual([0, 1, 2]);
  });
});

describe('a sleep', () => {
  it('counts from when it begins', () => {
    const times = [0, 8];
    expect(told(() => times.shift() ?? 0, [10, 5], [1, 0])).toEqual([0, 1]);
  });

  it('is over while another call goes on, where time passes', () => {
    expect(told(() => 0, [10, 'request'], [0, 1])).toEqual([0, 1]);
  });

  it('is over behind whatever else is waited for, where sleeps are skipped', () => {
    expect(told('skipped', [10, 'request', 5], [0, 2, 1])).toEqual([1, 2, 0]);
  });

  it('that nobody waits for holds up no other', () => {
    const pipe = pipeOf();
    const channel = new CallChannel(pipe);
    channel.begin(1, () => 0);
    const posted = channel.post('sleep', 'for', '{"ms":1}');
    const waited = channel.submit('sleep', 'for', '{"ms":5}');
    for (const id of [posted, waited]) pipe.outgoing.push(encodeFrame({ t: 'answer', id: id ?? 0 }, '{"ok":null}'));
    expect(channel.next()?.id).toBe(waited);
  });

  it('that is called with no JSON is the agent’s to refuse', () => {
    const pipe = pipeOf();
    const channel = new CallChannel(pipe);
    channel.begin(1, () => 0);
    const call = channel.submit('sleep', 'for', 'garbage');
    pipe.outgoing.push(encodeFrame({ t: 'answer', id: call ?? 0 }, '{"error":{}}'));
    expect(channel.next()?.id).toBe(call);
  });

  it('that is refused is told at once', () => {
    const pipe = pipeOf();
    const channel = new CallChannel(pipe);
    channel.begin(1, () => 0);
    channel.submit('sleep', 'for', '{"ms":1}');
    const refused = channel.submit('sleep', 'for', '{"ms":1e99}');
    pipe.outgoing.push(encodeFrame({ t: 'answer', id: refused ?? 0 }, JSON.stringify({ error: {} })));
    expect(channel.next()?.id).toBe(refused);
  });
});
