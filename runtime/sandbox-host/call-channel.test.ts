import { describe, expect, it } from 'vitest';
import { type BlockingPipe, CallChannel } from './call-channel.ts';
import { callBytesLimit, encodeFrame, type Frame, FrameReader, openCallsLimit } from './wire.ts';

/** An agent at the other end of the pipe: it sees each frame and says what comes back for it. */
function agent(answerTo: (frame: Frame) => readonly Uint8Array[]): BlockingPipe & { readonly seen: Frame[] } {
  const reader = new FrameReader(callBytesLimit);
  const outgoing: Uint8Array[] = [];
  const seen: Frame[] = [];
  return {
    seen,
    write: (from) => {
      for (const frame of reader.push(from.slice(0, 50_000))) {
        seen.push(frame);
        outgoing.push(...answerTo(frame));
      }
      return Math.min(from.byteLength, 50_000);
    },
    read: (into) => {
      const next = outgoing.shift();
      if (next === undefined) return 0;
      into.set(next);
      return next.byteLength;
    },
  };
}

const answer = (id: number, value: unknown) => encodeFrame({ t: 'answer', id }, JSON.stringify({ ok: value }));
const idOf = ({ header }: Frame) => Number(header['id']);

describe('the channel for host calls', () => {
  it('sends a call and takes its answer', () => {
    const pipe = agent((frame) => [answer(idOf(frame), 'fine')]);
    const calls = new CallChannel(pipe);
    calls.begin(3, () => 0);
    const id = calls.submit('clock', 'now', '{"a":1}');
    expect(pipe.seen[0]?.header).toEqual({
      v: 1,
      t: 'submit',
      invocation: 3,
      id,
      capability: 'clock',
      operation: 'now',
    });
    expect(calls.next()).toEqual({ id, json: '{"ok":"fine"}', cancelled: false });
    expect(calls.next()).toBeUndefined();
  });

  it('writes frames that the pipe takes only in parts', () => {
    const pipe = agent(() => []);
    const calls = new CallChannel(pipe);
    calls.submit('a', 'b', JSON.stringify('x'.repeat(200_000)));
    expect(pipe.seen[0]?.body.byteLength).toBe(200_002);
  });

  it('takes the answer of one call and keeps those of others', () => {
    const pipe = agent((frame) => (idOf(frame) === 2 ? [answer(1, 'one'), answer(2, 'two')] : []));
    const calls = new CallChannel(pipe);
    calls.submit('a', 'b', '{}');
    calls.submit('a', 'b', '{}');
    expect(calls.answerTo(2).json).toBe('{"ok":"two"}');
    expect(calls.next()?.json).toBe('{"ok":"one"}');
  });

  it('drops answers to calls of an earlier invocation', () => {
    const pipe = agent((frame) => (idOf(frame) === 2 ? [answer(1, 'late'), answer(2, 'mine')] : []));
    const calls = new CallChannel(pipe);
    calls.begin(1, () => 0);
    calls.submit('slow', 'x', '{}');
    calls.begin(2, () => 0);
    calls.submit('fast', 'x', '{}');
    expect(calls.next()?.json).toBe('{"ok":"mine"}');
    expect(calls.next()).toBeUndefined();
  });

  it('refuses arguments over the limit, in bytes', () => {
    const calls = new CallChannel(agent(() => []));
    expect(calls.submit('a', 'b', `"${'x'.repeat(callBytesLimit)}"`)).toBeUndefined();
    expect(calls.submit('a', 'b', `"${'€'.repeat(callBytesLimit / 2)}"`)).toBeUndefined();
  });

  it('takes an answer before it leaves too many calls open', () => {
    const held: Uint8Array[] = [];
    const pipe = agent((frame) => {
      held.push(answer(idOf(frame), idOf(frame)));
      return held.length === openCallsLimit ? held : [];
    });
    const calls = new CallChannel(pipe);
    for (let call = 0; call <= openCallsLimit; call += 1) calls.submit('a', 'b', '{}');
    expect(calls.next()?.id).toBe(1);
  });

  it('takes an answer before it leaves too many bytes of arguments open', () => {
    const pipe = agent((frame) => [answer(idOf(frame), idOf(frame))]);
    const calls = new CallChannel(pipe);
    const args = JSON.stringify('x'.repeat(callBytesLimit - 2));
    for (let call = 0; call < 3; call += 1) calls.submit('a', 'b', args);
    // The third one waited for the first one's answer, which is still there for whoever asks.
    expect(calls.next()?.id).toBe(1);
    expect(pipe.seen).toHaveLength(3);
  });

  it('gives no answer to a call that nobody waits for, whichever it is', () => {
    const pipe = agent((frame) => [answer(idOf(frame), 'fine')]);
    const calls = new CallChannel(pipe);
    calls.post('clock', 'now', '{}');
    const id = calls.submit('log', 'write', '{"text":"x"}');
    expect(calls.next()).toEqual({ id, json: '{"ok":"fine"}', cancelled: false });
    expect(calls.next()).toBeUndefined();
  });

  it('ends an invocation only after its log lines were taken', () => {
    const pipe = agent((frame) => (frame.header['capability'] === 'log' ? [answer(idOf(frame), null)] : []));
    const calls = new CallChannel(pipe);
    calls.begin(1, () => 0);
    calls.post('log', 'write', '{"text":"x"}');
    calls.finish({ kind: 'returned', details: '{}' });
    expect(pipe.seen.map(({ header }) => header['t'])).toEqual(['submit', 'done']);
    expect(calls.next()).toBeUndefined();
  });

  it('says so when the agent is gone', () => {
    const calls = new CallChannel(agent(() => []));
    calls.submit('a', 'b', '{}');
    expect(() => calls.next()).toThrow(expect.objectContaining({ name: 'AgentGone' }));
  });
});
