import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import type { RunNotice } from '../port.ts';
import { NoticeBuffer } from './notices.ts';

// Any text is an id here.
const run = 'run-1' as RunId;

function log(sequence: number, text: string): RunNotice {
  return { type: 'log', run, at: '', job: 'a', step: '0', attempt: 1, sequence, stream: 'stdout', text };
}

function started(attempt: number): RunNotice {
  return { type: 'job_started', run, at: '', job: 'a', name: 'a', attempt };
}

async function allOf(notices: AsyncIterable<RunNotice>): Promise<RunNotice[]> {
  const seen: RunNotice[] = [];
  for await (const notice of notices) seen.push(notice);
  return seen;
}

describe('the notices of a run', () => {
  it('come in order, before and while they are read', async () => {
    const buffer = new NoticeBuffer();
    buffer.push(started(1));
    buffer.push(log(1, 'x'));
    const seen: RunNotice[] = [];
    for await (const notice of buffer.notices) {
      seen.push(notice);
      if (seen.length === 2) queueMicrotask(() => buffer.push(started(2)));
      if (seen.length === 3) setImmediate(() => buffer.end());
    }
    expect(seen).toEqual([started(1), log(1, 'x'), started(2)]);
  });

  it('leave out log texts that nobody reads, say so in their place, and nothing else', async () => {
    const buffer = new NoticeBuffer();
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let sequence = 1; sequence <= 20; sequence += 1) buffer.push(log(sequence, megabyte));
    buffer.push(started(1));
    buffer.push(log(21, 'still too much'));
    buffer.end();
    const seen = await allOf(buffer.notices);
    expect(seen.slice(0, 16).every((notice) => notice.type === 'log' && notice.text === megabyte)).toBe(true);
    expect(seen.slice(16)).toEqual([
      expect.objectContaining({
        stream: 'log',
        sequence: 20,
        text: expect.stringContaining('4 notices of logs, host calls and iterations are left out'),
      }),
      started(1),
      expect.objectContaining({ sequence: 21, text: expect.stringContaining('1 notices') }),
    ]);
  });

  it('are bounded for a run that goes round and round, too', async () => {
    const buffer = new NoticeBuffer();
    const step = { type: 'step_started', run, at: '', job: 'a', name: 'x', uses: 'x@v1', attempt: 1 } as const;
    for (let index = 0; index < 100_000; index += 1) buffer.push({ ...step, step: `loop[${index}].x` });
    buffer.push({ ...step, step: 'after' });
    buffer.end();
    const seen = await allOf(buffer.notices);
    expect(seen.length).toBeLessThan(40_000);
    expect(seen.slice(-2)).toEqual([
      expect.objectContaining({ type: 'log', step: 'loop[99999].x', text: expect.stringMatching(/^\d+ notices/) }),
      { ...step, step: 'after' },
    ]);
  });

  it('can be left by their reader', async () => {
    const buffer = new NoticeBuffer();
    buffer.push(started(1));
    for await (const notice of buffer.notices) {
      expect(notice).toEqual(started(1));
      break;
    }
    buffer.push(started(2));
    buffer.end();
    expect(() => buffer.notices[Symbol.asyncIterator]()).toThrow('once');
  });
});
