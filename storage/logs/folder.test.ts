import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobKey, RunId, StepKey } from '../../schemas/index.ts';
import type { LogSegment } from '../port.ts';
import { createRunIds } from '../run-id.ts';
import { openShippedLogs } from './folder.ts';
import type { ShippedLogs } from './port.ts';

const newRun = createRunIds({ now: () => Date.now(), randomBytes: (length) => new Uint8Array(randomBytes(length)) });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'waterflow-shipped-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'logs');
}

function segments(from: number, count: number, more: Partial<LogSegment> = {}): readonly LogSegment[] {
  return Array.from({ length: count }, (_, index) => ({
    job: 'build' as JobKey,
    step: 'test' as StepKey,
    job_attempt: 1,
    attempt: 1,
    sequence: from + index,
    at: 1_700_000_000_000 + index,
    stream: 'stdout' as const,
    text: `text ${from + index}\n`,
    ...more,
  }));
}

async function textsOf(logs: ShippedLogs, run: RunId, after = 0): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { text } of logs.read(run, after)) texts.push(text);
  return texts;
}

describe('logs that agents ship', () => {
  it('go on where they stand; what comes again changes nothing, and a gap is told and not kept', async () => {
    await using logs = openShippedLogs({ folder: folder() });
    const run = newRun();
    expect(await logs.append(run, segments(1, 3))).toMatchObject([{ step: 'test', next: 4, gap: false }]);
    expect(await logs.append(run, segments(2, 3))).toMatchObject([{ next: 5, gap: false }]);
    expect(await logs.append(run, segments(7, 2))).toMatchObject([{ next: 5, gap: true }]);
    expect(await textsOf(logs, run)).toEqual([1, 2, 3, 4].map((number) => `text ${number}\n`));
    expect(await textsOf(logs, run, 3)).toEqual(['text 4\n']);
  });

  it('are of runs, steps and attempts each by itself', async () => {
    await using logs = openShippedLogs({ folder: folder() });
    const [run, other] = [newRun(), newRun()];
    const mixed = [...segments(1, 1), ...segments(1, 2, { attempt: 2 }), ...segments(2, 1)];
    expect(await logs.append(run, mixed)).toMatchObject([
      { attempt: 1, next: 3 },
      { attempt: 2, next: 3 },
    ]);
    expect(await logs.append(other, segments(2, 1))).toMatchObject([{ next: 1, gap: true }]);
    expect(await textsOf(logs, other)).toEqual([]);
  });

  it('are there for the next server, and are removed with their run', async () => {
    const place = folder();
    const run = newRun();
    {
      await using logs = openShippedLogs({ folder: place });
      await logs.append(run, segments(1, 2));
    }
    await using logs = openShippedLogs({ folder: place });
    expect(await logs.append(run, segments(3, 1))).toMatchObject([{ next: 4, gap: false }]);
    expect(await textsOf(logs, run)).toHaveLength(3);
    expect(readdirSync(place).every((name) => (statSync(join(place, name)).mode & 0o077) === 0)).toBe(true);
    await logs.remove(run);
    await logs.remove(run);
    expect(readdirSync(place)).toEqual([]);
    expect(await textsOf(logs, run)).toEqual([]);
  });

  it('are kept up to a limit, which the log names once, also over a restart', async () => {
    const place = folder();
    const run = newRun();
    for (const from of [1, 6, 11]) {
      await using logs = openShippedLogs({ folder: place, limitBytes: 30 });
      expect(await logs.append(run, segments(from, 5))).toMatchObject([{ next: from + 5, gap: false }]);
    }
    await using logs = openShippedLogs({ folder: place, limitBytes: 30 });
    const texts = await textsOf(logs, run);
    expect(texts.slice(0, -1)).toEqual(['text 1\n', 'text 2\n', 'text 3\n', 'text 4\n']);
    expect(texts.at(-1)).toBe('The log is longer than 30 bytes: the rest is not kept.\n');
  });

  it('of many runs keep few files open', async () => {
    await using logs = openShippedLogs({ folder: folder() });
    const runs = Array.from({ length: 50 }, () => newRun());
    for (const sequence of [1, 2]) for (const run of runs) await logs.append(run, segments(sequence, 1));
    const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
    expect(open).toBeLessThan(200);
    for (const run of runs) expect(await textsOf(logs, run)).toHaveLength(2);
  });
});
