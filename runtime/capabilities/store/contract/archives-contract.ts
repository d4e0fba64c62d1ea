/** What archives are, wherever they lie. */
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { TestScope } from '../../testing/call.ts';
import { type ArchiveCalls, archiveCalls, type OpenArchives, others } from '../testing/archive-calls.ts';

/** Archives in a place of a test's own. The last 64 characters of a content's file are its SHA-256. */
export interface TestArchives extends AsyncDisposable {
  readonly scope: TestScope;
  readonly open: OpenArchives;
  /** The files of what is kept, of all owners. */
  contents(): readonly string[];
  entries(): readonly string[];
  /** What lies in the folder of archives that are on their way. */
  parts(): readonly string[];
  /** From now on nothing is removed from there. */
  refuseRemovals(): void;
}

export function describeArchives(where: string, make: () => Promise<TestArchives>): void {
  describe(`archives ${where}`, () => {
    let store: TestArchives;
    let calls: ArchiveCalls;
    beforeEach(async () => {
      const made = await make();
      onTestFinished(() => made[Symbol.asyncDispose]());
      store = made;
      calls = archiveCalls(made.scope, made.open);
    });
    const current = (): Current => ({ store, ...calls });
    describeKeeping(current);
    describeRoom(current);
    describeFaults(current);
  });
}

type Current = { readonly store: TestArchives } & ArchiveCalls;

/** As if it had been written last so long ago. */
function makeOlder(file: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(file, then, then);
}

function describeKeeping(current: () => Current): void {
  test('come back as they were, by their key alone', async () => {
    const { store, call, save, load, put, read } = current();
    const { workspace } = store.scope;
    put('in/a b/ü.txt', 'one');
    put('in/run.sh', 'two');
    chmodSync(join(workspace, 'in/run.sh'), 0o755);
    symlinkSync('run.sh', join(workspace, 'in/link'));
    const saved = await save('k/1');
    expect(saved).toMatchObject({
      saved: true,
      entries: 4,
      evicted: 0,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(saved).not.toHaveProperty('not_evicted');
    expect(await load('k/1')).toMatchObject({
      found: true,
      entries: 4,
      archive_bytes: saved['bytes'],
      sha256: saved['sha256'],
    });
    expect([read('out/a b/ü.txt'), read('out/run.sh'), read('out/link')]).toEqual(['one', 'two', 'two']);
    expect(await call('load', { key: 'k', to: 'other' })).toEqual({ found: false, damaged: false });
    expect([readdirSync(workspace).sort(), store.parts()]).toEqual([['in', 'out'], []]);
  });

  test('of the same files are kept once, and stay for whoever has them', async () => {
    const { store, save, load, put, read } = current();
    put('in/a', 'same');
    await save('one');
    await save('two');
    expect(store.contents()).toHaveLength(1);
    put('in/a', 'other');
    await save('one');
    expect(store.contents()).toHaveLength(2);
    await load('two');
    expect(read('out/a')).toBe('same');
  });

  test('that are kept anew take the place of what was there, whose room is free again', async () => {
    const { store, save, load, put, read } = current();
    for (let count = 0; count < 5; count += 1) {
      put('in/a', String(count));
      expect(await save('k')).toMatchObject({ saved: true, evicted: 0 });
    }
    expect([store.entries().length, store.contents().length, store.parts()]).toEqual([1, 1, []]);
    await load('k');
    expect(read('out/a')).toBe('4');
  });

  test('stay as they are where the call says so', async () => {
    const { store, save, load, put, read } = current();
    put('in/a', 'first');
    await save('k');
    put('in/a', 'second');
    expect(await save('k', { replace: false })).toMatchObject({ saved: false });
    await load('k');
    expect([read('out/a'), store.parts()]).toEqual(['first', []]);
  });

  test('are listed by their beginning, the newest first', async () => {
    const { call, save, put } = current();
    put('in/a', 'a');
    for (const key of ['a/1', 'b/1', 'a/2', 'a/@:._-x']) await save(key);
    const created_at = expect.stringMatching(/^20.*Z$/);
    expect(await call('saved', { prefix: 'a/' })).toMatchObject(
      ['a/@:._-x', 'a/2', 'a/1'].map((key) => ({ key, created_at })),
    );
    expect(await call('saved', { limit: 1 })).toMatchObject([{ key: 'a/@:._-x' }]);
  });

  test('of another tenant or another plugin are not found', async () => {
    const { call, save, load, put } = current();
    put('in/a', 'a');
    await save('k');
    for (const owner of others) {
      expect(await load('k', { owner })).toMatchObject({ found: false });
      expect(await call('saved', {}, { owner })).toEqual([]);
      await save('k', {}, { owner });
    }
    expect(await call('saved', {})).toHaveLength(1);
  });
}

function describeRoom(current: () => Current): void {
  test('that were not used for longest go over the size that an entry lets, and never what was just kept', async () => {
    const { store, call, save, load, put, noise } = current();
    const more = { archives: '250KB' };
    for (const key of ['a', 'b']) {
      put('in/x', noise(100_000));
      await save(key, {}, more);
    }
    for (const entry of store.entries()) makeOlder(entry, 60_000);
    await load('a', more);
    put('in/x', noise(100_000));
    expect(await save('c', {}, more)).toMatchObject({ evicted: 1 });
    expect(await call('saved', {}, more)).toMatchObject([{ key: 'c' }, { key: 'a' }]);
    expect(store.contents()).toHaveLength(2);
  });

  test('that many keep at a time are whole, and no more than that', async () => {
    const { store, call, save, put, read, noise } = current();
    for (let index = 0; index < 12; index += 1) put(`in/${index}/x`, noise(50_000));
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => save(`k${index}`, { from: `in/${index}` }, { archives: '220KB' })),
    );
    const left = (await call('saved', {})) as unknown as readonly { readonly key: string }[];
    // What one of them doesn't know of yet another one counts.
    expect(left.length).toBeLessThanOrEqual(4);
    for (const { key } of left) {
      expect(await call('load', { key, to: `out/${key}` })).toMatchObject({ found: true });
      expect(read(`out/${key}/x`)).toBe(read(`in/${key.slice(1)}/x`));
    }
    expect([store.contents().length, store.parts()]).toEqual([left.length, []]);
  });

  test('that alone are over it are refused, and leave what was there', async () => {
    const { store, save, load, put, read, noise } = current();
    put('in/x', 'small');
    await save('k');
    put('in/x', noise(300_000));
    await expect(save('k', {}, { archives: '100KB' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await load('k');
    expect(read('out/x')).toBe('small');
    expect([store.contents().length, store.parts()]).toEqual([1, []]);
  });

  test('that no key has go once they were left behind long ago', async () => {
    const { store, save, put } = current();
    put('in/x', 'x');
    await save('k');
    const [content = ''] = store.contents();
    const named = (sha256: string): string => content.slice(0, -64) + sha256;
    const [old, fresh] = [named('0'.repeat(64)), named('1'.repeat(64))];
    for (const file of [old, fresh]) copyFileSync(content, file);
    for (const file of [old, content]) makeOlder(file, 2 * 86_400_000);
    await save('other');
    expect(new Set(store.contents())).toEqual(new Set([content, fresh]));
  });

  test('are kept where what had to go for them can’t be removed, which is told', async () => {
    const { store, save, load, put, noise } = current();
    put('in/x', noise(60_000));
    await save('a', {}, { archives: '100KB' });
    store.refuseRemovals();
    put('in/x', noise(60_000));
    const saved = await save('b', {}, { archives: '100KB' });
    expect(saved).toMatchObject({ saved: true, evicted: 0 });
    expect(saved['not_evicted']).toMatch(/of archives: ./);
    expect(store.scope.notes.at(-1)?.['not_evicted']).toBe(saved['not_evicted']);
    expect(await load('b')).toMatchObject({ found: true });
  });
}

function describeFaults(current: () => Current): void {
  test.each<[string, (file: string, size: number) => void]>([
    [
      'a bit that is another',
      (file, size) => {
        const bytes = readFileSync(file);
        bytes.writeUInt8(~bytes.readUInt8(size - 9) & 0xff, size - 9);
        writeFileSync(file, bytes);
      },
    ],
    ['other bytes', (file, size) => writeFileSync(file, Buffer.alloc(size, 'x'))],
    ['an end that is missing', (file, size) => truncateSync(file, size >> 1)],
    ['more than there was', (file, size) => writeFileSync(file, Buffer.alloc(5 * size, 'x'))],
    ['nothing', (file) => truncateSync(file, 0)],
  ])('that are damaged are not put back, and go: %s', async (_what, damage) => {
    const { store, save, load, put, noise } = current();
    put('in/x', noise(50_000));
    await save('k');
    const [file = ''] = store.contents();
    damage(file, readFileSync(file).length);
    expect(await load('k')).toEqual({ found: false, damaged: true });
    expect(await load('k')).toEqual({ found: false, damaged: false });
    expect([store.contents(), store.entries(), store.parts()]).toEqual([[], [], []]);
    expect(readdirSync(store.scope.workspace)).toEqual(['in']);
  });

  test('whose content is gone are none, and are kept anew', async () => {
    const { store, call, save, load, put } = current();
    put('in/x', 'x');
    await save('k');
    rmSync(store.contents()[0] ?? '');
    expect(await save('k', { replace: false })).toMatchObject({ saved: true });
    rmSync(store.contents()[0] ?? '');
    expect(await load('k')).toEqual({ found: false, damaged: false });
    expect(await call('saved', {})).toEqual([]);
  });

  test('leave no part behind where the call is cancelled, or fails', async () => {
    const { store, call, save, put, noise } = current();
    put('in/x', noise(200_000));
    await expect(save('k', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(save('k', { from: 'missing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    symlinkSync('/etc/passwd', join(store.scope.workspace, 'in/out'));
    await expect(save('k')).rejects.toMatchObject({ code: 'FAILED' });
    expect(await call('saved', {})).toEqual([]);
    expect([store.parts(), store.contents()]).toEqual([[], []]);
  });
}
