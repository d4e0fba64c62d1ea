import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { KeyValueStore } from '../capability.ts';
import { createStoreFile, type StoreFile } from './file.ts';
import { openKeyValueStore } from './key-value-store.ts';
import { storeOwnerOf } from './scope.ts';

/** In a folder that is removed when the test is over. */
function newFile(): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.sqlite') as AbsolutePath; // In an absolute folder.
}

const clock = { now: () => Date.now() };

function storeIn(file: StoreFile, plugin = 'p', tenant = 'default'): KeyValueStore {
  return openKeyValueStore(file, { tenant, plugin }, { clock });
}

const put = (store: KeyValueStore, key: string, value: unknown): Promise<unknown> =>
  store.set({ key, text: JSON.stringify(value), expected: undefined, ttl_ms: undefined }, []);

/** A process that stores `i` under `key` for i = 1, 2, ... and says each one that is stored. */
function startWriter(file: string, key: string): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL('testing/count.ts', import.meta.url)), file, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('the file of a store', () => {
  it('is not made before it is used', async () => {
    const path = newFile();
    await using file = createStoreFile(path);
    storeIn(file);
    expect(() => readFileSync(path)).toThrow('ENOENT');
    expect(await storeIn(file).get('a')).toBeUndefined();
  });

  it('keeps tenants and plugins apart', async () => {
    await using file = createStoreFile(newFile());
    await put(storeIn(file, 'p', 'one'), 'a', 1);
    for (const other of [storeIn(file, 'p', 'two'), storeIn(file, 'q', 'one'), storeIn(file, 'P', 'one')]) {
      expect(await other.get('a')).toBeUndefined();
      expect(await other.list('', { after: '', limit: 10 })).toEqual([]);
      expect(await other.delete('a', undefined)).toBe(false);
    }
    expect(await storeIn(file, 'p', 'one').get('a')).toMatchObject({ value: 1 });
  });

  it('holds after kill -9 whatever was said to be stored, for several processes that write at once', async () => {
    const path = newFile();
    const writers = ['a', 'b', 'c'].map((key) => {
      const writer = { key, said: 0, child: startWriter(path, key) };
      const { promise: goesOn, resolve } = Promise.withResolvers<void>();
      writer.child.stdout?.on('data', (bytes: Buffer) => {
        writer.said = Number(bytes.toString().trim().split('\n').at(-1));
        if (writer.said > 20) resolve();
      });
      return Object.assign(writer, { goesOn });
    });
    await Promise.all(writers.map(({ goesOn }) => goesOn));
    const ended = writers.map(({ child }) => once(child, 'close'));
    for (const { child } of writers) child.kill('SIGKILL');
    await Promise.all(ended);
    await using file = createStoreFile(path);
    for (const { key, said } of writers) {
      const kept = Number((await storeIn(file).get(key))?.value);
      expect(kept).toBeGreaterThanOrEqual(said);
      expect(kept).toBeLessThanOrEqual(said + 1);
    }
  });

  it('waits for a process that holds it, without blocking this one', async () => {
    const path = newFile();
    await using file = createStoreFile(path);
    await put(storeIn(file), 'a', 1);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const writing = put(storeIn(file), 'a', 2);
    // Reading goes on meanwhile, and so does this process.
    expect(await storeIn(file).get('a')).toMatchObject({ value: 1 });
    other.exec('ROLLBACK');
    other.close();
    await writing;
    expect(await storeIn(file).get('a')).toMatchObject({ value: 2 });
  });

  it('says what is wrong with a damaged file, and nothing about where it lies', async () => {
    const path = newFile();
    writeFileSync(path, 'this is no database'.repeat(1000));
    await using file = createStoreFile(path);
    await expect(storeIn(file).get('a')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('is damaged'),
    });
    await expect(storeIn(file).get('a')).rejects.not.toThrow(tmpdir());
  });

  it('says so where pages of it were overwritten', async () => {
    const path = newFile();
    {
      await using file = createStoreFile(path);
      for (let index = 0; index < 50; index += 1) await put(storeIn(file), `k${index}`, 'x'.repeat(500));
    }
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096);
    writeFileSync(path, bytes);
    await using file = createStoreFile(path);
    await expect(storeIn(file).get('k1')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('damaged'),
    });
    await expect(put(storeIn(file), 'k1', 1)).rejects.toMatchObject({ code: 'FAILED' });
  });

  it('leaves a file of a newer format alone', async () => {
    const path = newFile();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 2');
    newer.close();
    await using file = createStoreFile(path);
    await expect(storeIn(file).get('a')).rejects.toThrow('newer waterflow');
  });

  it('is not opened through a link, nor in a folder that is missing', async () => {
    await using missing = createStoreFile(join(newFile(), 'missing/store.sqlite') as AbsolutePath); // Below an absolute path.
    await expect(storeIn(missing).get('a')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('ENOENT'),
    });
    const path = newFile();
    symlinkSync(newFile(), path);
    await using linked = createStoreFile(path);
    await expect(storeIn(linked).get('a')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('ELOOP'),
    });
  });

  it('forgets what was set for a time, and gives its room to others', async () => {
    await using file = createStoreFile(newFile());
    let now = 1000;
    const store = openKeyValueStore(file, { tenant: 'default', plugin: 'p' }, { clock: { now: () => now } });
    const oneKey = [{ patterns: [{ kind: 'prefix', prefix: '' } as const], bytes: 100, keys: 1 }];
    const set = (key: string, expected: number | null | undefined) =>
      store.set({ key, text: '1', expected, ttl_ms: 10 }, oneKey);
    await set('a', undefined);
    expect(await store.get('a')).toEqual({ value: 1, version: 1, expires_at_ms: 1010 });
    await expect(set('b', undefined)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    now = 1010;
    expect(await store.get('a')).toBeUndefined();
    expect(await store.list('', { after: '', limit: 10 })).toEqual([]);
    expect(await store.delete('a', undefined)).toBe(false);
    expect(await set('b', 1)).toEqual({ kind: 'conflict', version: null });
    expect(await set('b', null)).toEqual({ kind: 'set', version: 2 });
  });
});

describe('as whom a plugin stores', () => {
  const plugin = (name: string, folder: string, origin: 'built-in' | 'local' | 'approved' | 'installed') =>
    storeOwnerOf({
      origin,
      folder: folder as AbsolutePath, // Absolute as written.
      identity: { name, version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` as never },
    });

  it('stays the same over versions and approvals, and differs for another folder of the same name', () => {
    expect(plugin('tool', '/w/tool', 'local')).toBe(plugin('tool', '/w/tool', 'approved'));
    expect(plugin('tool', '/w/tool', 'local')).not.toBe(plugin('tool', '/elsewhere/tool', 'local'));
    expect(plugin('tool', '/w/tool', 'local')).not.toBe(plugin('other', '/w/tool', 'local'));
    expect(plugin('run', '/a/run', 'built-in')).toBe(plugin('run', '/b/run', 'built-in'));
    // Names have no spaces, so no name and folder of another plugin give the same text.
    expect(plugin('run', '/a', 'local')).not.toBe(plugin('run', '/a', 'built-in'));
  });
});
