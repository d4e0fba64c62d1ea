import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeShippedLogs } from '../contract/logs-contract.ts';
import { openShippedLogs } from '../open.ts';
import { newRun, segments, textsOf } from '../testing/samples.ts';

describeShippedLogs('a folder', async () => {
  const path = mkdtempSync(join(tmpdir(), 'waterflow-shipped-'));
  return { place: { folder: join(path, 'logs') }, remove: () => rmSync(path, { recursive: true }) };
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'waterflow-shipped-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'logs');
}

it('files of shipped logs are for their owner alone, and go with the run', async () => {
  const place = folder();
  await using logs = await openShippedLogs({ folder: place });
  const run = newRun();
  await logs.append(run, segments(1, 2));
  expect(readdirSync(place).every((name) => (statSync(join(place, name)).mode & 0o077) === 0)).toBe(true);
  await logs.remove(run);
  expect(readdirSync(place)).toEqual([]);
});

it('shipped logs of many runs keep few files open', async () => {
  await using logs = await openShippedLogs({ folder: folder() });
  const runs = Array.from({ length: 50 }, () => newRun());
  for (const sequence of [1, 2]) for (const run of runs) await logs.append(run, segments(sequence, 1));
  const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  expect(open).toBeLessThan(200);
  for (const run of runs) expect(await textsOf(logs, run)).toHaveLength(2);
});
