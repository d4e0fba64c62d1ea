import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exampleRecord, failureOf } from '../contract/store-contract.ts';
import { createFolderStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'waterflow-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const holder = join(import.meta.dirname, 'testing', 'hold-run.ts');

async function heldByAnotherProcess(run: string) {
  const child = spawn(process.execPath, [holder, root, run], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('the lock of a run', () => {
  it('is held against another process, names it, and is free at once when that process is killed', async () => {
    const store = createFolderStore({ root });
    const record = exampleRecord();
    store.create(record)[Symbol.dispose]();
    const other = await heldByAnotherProcess(record.run);
    const { error } = failureOf(() => store.open(record.run));
    expect(error).toMatchObject({ code: 'RUN_LOCKED', message: `run ${record.run} is in use by process ${other.pid}` });
    await other.kill();
    using opened = store.open(record.run);
    expect([...opened.entries()].map((entry) => entry.event['pid'])).toEqual([other.pid]);
  });

  it('is not lost by this process when a second attempt on the same run fails', async () => {
    const store = createFolderStore({ root });
    const record = exampleRecord();
    using held = store.create(record);
    expect(failureOf(() => store.open(record.run)).error.code).toBe('RUN_LOCKED');
    const child = spawn(process.execPath, [holder, root, record.run], { stdio: ['ignore', 'ignore', 'pipe'] });
    const complaints = child.stderr.setEncoding('utf8').toArray();
    await once(child, 'close');
    expect((await complaints).join('')).toContain(`is in use by process ${process.pid}`);
    expect([...held.entries()]).toEqual([]);
  });

  it('leaves nothing to clean up beside its empty file', () => {
    const record = exampleRecord();
    using held = createFolderStore({ root }).create(record);
    const names = readdirSync(held.folder).filter((name) => name.startsWith('lock'));
    expect(names).toEqual(['lock.sqlite']);
  });
});
