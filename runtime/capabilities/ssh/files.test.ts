import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { type More, ssh } from './testing/call.ts';
import { startSshd, type TestSshd } from './testing/sshd.ts';

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** All there is below a folder. */
function namesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted((one, other) => (one < other ? -1 : 1));
}

describe.skipIf(!(await needs('ssh')))('files over ssh', () => {
  let server: TestSshd;
  beforeAll(async () => {
    server = await startSshd();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (options: Parameters<typeof makeTestScope>[0] = {}): TestScope =>
    makeTestScope({ ...options, secrets: { KEY: server.keys.client, ...options.secrets } });
  const call = (scope: TestScope, operation: string, args: JsonObject, more: More & { entry?: JsonObject } = {}) => {
    const { entry = server.entry, ...rest } = more;
    return ssh(scope, { entry, operation, args }, rest);
  };
  describe('a file', () => {
    test('goes up and down whole, with its digest and mode', async () => {
      await using scope = open();
      const content = Buffer.alloc(5_000_001, 'waterflow ');
      writeFileSync(join(scope.workspace, 'a'), content);
      chmodSync(join(scope.workspace, 'a'), 0o755);
      const to = join(server.root, 'deep/er/a');
      const moved = { files: 1, bytes: content.length, sha256: sha256(content) };
      expect(await call(scope, 'upload', { from: 'a', to })).toEqual(moved);
      expect(readFileSync(to).equals(content)).toBe(true);
      expect(statSync(to).mode & 0o777).toBe(0o755);
      expect(readdirSync(join(server.root, 'deep/er'))).toEqual(['a']);
      expect(await call(scope, 'download', { from: to, to: 'back/a', sha256: moved.sha256 })).toEqual(moved);
      expect(readFileSync(join(scope.workspace, 'back/a')).equals(content)).toBe(true);
      expect(statSync(join(scope.workspace, 'back/a')).mode & 0o111).toBe(0o111);
      expect(scope.notes).toContainEqual({ files: 1, bytes: content.length });
    });

    test.each([0, 1, 32_767, 32_768, 32_769, 65_536])('of %d bytes arrives', async (size) => {
      await using scope = open();
      const content = Buffer.alloc(size, 'x');
      writeFileSync(join(scope.workspace, 'a'), content);
      const to = join(server.root, `size-${size}`);
      await call(scope, 'upload', { from: 'a', to });
      await call(scope, 'download', { from: to, to: 'b' });
      expect(readFileSync(join(scope.workspace, 'b')).equals(content)).toBe(true);
    });

    test('is put by several at once into folders that none of them finds', async () => {
      await using scope = open();
      const names = ['1', '2', '3', '4', '5', '6', '7', '8'];
      for (const name of names) writeFileSync(join(scope.workspace, name), name);
      const deep = join(server.root, 'at/once/by/several/that/meet/on/the/way');
      await Promise.all(names.map((name) => call(scope, 'upload', { from: name, to: join(deep, name) })));
      expect(namesBelow(deep)).toEqual(names);
    });

    test('replaces another at once, and leaves it alone where that fails', async () => {
      await using scope = open();
      const to = join(server.root, 'replaced');
      writeFileSync(to, 'old');
      writeFileSync(join(scope.workspace, 'new'), 'x'.repeat(2000));
      const entry = { ...server.entry, limits: { bytes: '1KiB' } };
      await expect(call(scope, 'upload', { from: 'new', to }, { entry })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      });
      expect(readFileSync(to, 'utf8')).toBe('old');
      await call(scope, 'upload', { from: 'new', to });
      expect(readFileSync(to, 'utf8')).toBe('x'.repeat(2000));
      writeFileSync(join(scope.workspace, 'kept'), 'kept');
      for (const more of [{ max_bytes: 100 }, { sha256: '0'.repeat(64) }]) {
        await expect(call(scope, 'download', { from: to, to: 'kept', ...more })).rejects.toHaveProperty('code');
      }
      expect(readFileSync(join(scope.workspace, 'kept'), 'utf8')).toBe('kept');
    });

    test('that was sent in part is sent on', async () => {
      await using scope = open();
      const content = Buffer.alloc(4_000_000, 'abcdefg');
      writeFileSync(join(scope.workspace, 'big'), content);
      const folder = join(server.root, 'resumed');
      mkdirSync(folder);
      const to = join(folder, 'big');
      // What a try leaves that was cut off, and the last of it lost.
      const id = sha256(`${sha256(content)} ${to}`).slice(0, 24);
      const left = Buffer.concat([content.subarray(0, 2_500_000), Buffer.alloc(500_000)]);
      writeFileSync(join(folder, `.waterflow-${id}.part`), left);
      expect(await call(scope, 'upload', { from: 'big', to, resume: true })).toMatchObject({ sha256: sha256(content) });
      expect(readFileSync(to).equals(content)).toBe(true);
      expect(readdirSync(folder)).toEqual(['big']);
      expect(scope.notes).toContainEqual({ resumed_from: 3_000_000 - 1024 * 1024 });
    });

    test('that was fetched in part is fetched on, and never mixed with another', async () => {
      await using scope = open();
      const content = Buffer.alloc(3_000_000, 'abcdefg');
      const from = join(server.root, 'long');
      writeFileSync(from, content);
      const args = { from, to: 'long', resume: true, sha256: sha256(content) };
      await expect(call(scope, 'download', { ...args, max_bytes: 2_000_000 })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      });
      const part = join(scope.workspace, 'long.part');
      expect(statSync(part).size).toBeGreaterThan(1_000_000);
      expect(await call(scope, 'download', args)).toMatchObject({ bytes: 3_000_000 });
      expect(readFileSync(join(scope.workspace, 'long')).equals(content)).toBe(true);
      expect(existsSync(part)).toBe(false);
      writeFileSync(part, 'of another file');
      await expect(call(scope, 'download', args)).rejects.toMatchObject({ code: 'FAILED' });
      expect(existsSync(part)).toBe(false);
    });

    test('needs fs on this side', async () => {
      await using scope = open();
      writeFileSync(join(scope.workspace, 'a'), 'x');
      mkdirSync(join(scope.workspace, 'folder'));
      writeFileSync(join(server.root, 'a'), 'x');
      const implied: More = { implied: () => false };
      for (const from of ['a', 'folder']) {
        await expect(call(scope, 'upload', { from, to: join(server.root, 'no') }, implied)).rejects.toMatchObject({
          code: 'DENIED',
        });
      }
      await expect(call(scope, 'download', { from: join(server.root, 'a'), to: 'no' }, implied)).rejects.toMatchObject({
        code: 'DENIED',
      });
      expect(existsSync(join(server.root, 'no'))).toBe(false);
    });

    test('counts against the quota of fs', async () => {
      await using scope = open();
      writeFileSync(join(server.root, 'quota'), 'x'.repeat(2000));
      const asked = call(scope, 'download', { from: join(server.root, 'quota'), to: 'q' }, { quota_bytes: 1000 });
      await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
      expect(readdirSync(scope.workspace)).toEqual([]);
    });
  });

  describe('a folder', () => {
    test('goes up and down with all that is in it', async () => {
      await using scope = open();
      mkdirSync(join(scope.workspace, 'tree/a/b'), { recursive: true });
      mkdirSync(join(scope.workspace, 'tree/empty'));
      writeFileSync(join(scope.workspace, 'tree/one'), '1');
      writeFileSync(join(scope.workspace, 'tree/a/b/two'), '22');
      const to = join(server.root, 'tree');
      const listing = `${sha256('22')}  a/b/two\n${sha256('1')}  one\n`;
      const moved = { files: 2, bytes: 3, sha256: sha256(listing) };
      expect(await call(scope, 'upload', { from: 'tree', to })).toEqual(moved);
      expect(namesBelow(to)).toEqual(['a', 'a/b', 'a/b/two', 'empty', 'one']);
      expect(await call(scope, 'download', { from: to, to: 'back' })).toEqual(moved);
      expect(readFileSync(join(scope.workspace, 'back/a/b/two'), 'utf8')).toBe('22');
    });

    test('with a link in it is refused, unless links are skipped', async () => {
      await using scope = open();
      mkdirSync(join(scope.workspace, 'linked'));
      writeFileSync(join(scope.workspace, 'linked/file'), 'x');
      symlinkSync('/etc/passwd', join(scope.workspace, 'linked/link'));
      const to = join(server.root, 'linked');
      await expect(call(scope, 'upload', { from: 'linked', to })).rejects.toMatchObject({ code: 'DENIED' });
      expect(await call(scope, 'upload', { from: 'linked', to, links: 'skip' })).toMatchObject({ files: 1 });
      symlinkSync('/etc/passwd', join(to, 'link'));
      await expect(call(scope, 'download', { from: to, to: 'back' })).rejects.toMatchObject({ code: 'DENIED' });
      expect(await call(scope, 'download', { from: to, to: 'back', links: 'skip' })).toMatchObject({ files: 1 });
    });

    test('of more files than the entry allows is cut off', async () => {
      await using scope = open();
      mkdirSync(join(server.root, 'many'));
      for (const name of ['1', '2', '3']) writeFileSync(join(server.root, 'many', name), name);
      const entry = { ...server.entry, limits: { files: 2 } };
      const asked = call(scope, 'download', { from: join(server.root, 'many'), to: 'many' }, { entry });
      await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    });
  });

  describe('paths there', () => {
    test('are listed, told of, made, renamed and removed', async () => {
      await using scope = open();
      const at = (name: string): string => join(server.root, 'ops', name);
      await call(scope, 'mkdir', { path: at('a/b') });
      await call(scope, 'mkdir', { path: at('a/b') });
      writeFileSync(at('a/file'), 'four');
      symlinkSync('nowhere', at('a/link'));
      expect(await call(scope, 'list', { path: at('a') })).toMatchObject([
        { name: 'b', type: 'directory' },
        { name: 'file', type: 'file', bytes: 4, mode: 0o644 },
        { name: 'link', type: 'symlink' },
      ]);
      expect(await call(scope, 'stat', { path: at('a/file') })).toMatchObject({ type: 'file', bytes: 4 });
      expect(await call(scope, 'stat', { path: at('a/none') })).toBeNull();
      expect(await call(scope, 'stat', { path: at('none/none/none') })).toBeNull();
      writeFileSync(at('a/other'), 'taken over');
      await call(scope, 'rename', { from: at('a/file'), to: at('a/other') });
      expect(readFileSync(at('a/other'), 'utf8')).toBe('four');
      await call(scope, 'rename', { from: at('a'), to: at('moved') });
      await call(scope, 'remove', { path: at('moved') });
      expect(readdirSync(at(''))).toEqual([]);
      await expect(call(scope, 'remove', { path: at('moved') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(call(scope, 'list', { path: at('moved') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('are those that the entry names, and where they really lie', async () => {
      await using scope = open();
      const { root } = server;
      mkdirSync(join(root, 'granted/deep'), { recursive: true });
      mkdirSync(join(root, 'other'));
      writeFileSync(join(root, 'other/secret'), 'x');
      symlinkSync(join(root, 'other'), join(root, 'granted/way-out'));
      symlinkSync(join(root, 'other/secret'), join(root, 'granted/link'));
      symlinkSync('deep', join(root, 'granted/inside'));
      writeFileSync(join(scope.workspace, 'a'), 'x');
      const entry = { ...server.entry, read: `${root}/granted/**`, write: `${root}/granted/**` };
      const at = (name: string): string => join(root, 'granted', name);
      const attempts: readonly (readonly [string, JsonObject])[] = [
        ['download', { from: join(root, 'other/secret'), to: 'no' }],
        ['download', { from: `${root}/granted/../other/secret`, to: 'no' }],
        ['download', { from: at('way-out/secret'), to: 'no' }],
        ['download', { from: at('way-out'), to: 'no' }],
        ['download', { from: at('link'), to: 'no' }],
        ['upload', { from: 'a', to: at('way-out/new') }],
        ['upload', { from: 'a', to: at('way-out/new/deeper') }],
        ['upload', { from: 'a', to: at('link') }],
        ['list', { path: at('way-out') }],
        ['stat', { path: at('way-out/secret') }],
        ['mkdir', { path: at('way-out/new') }],
        ['remove', { path: at('way-out/secret') }],
        ['rename', { from: at('way-out/secret'), to: at('mine') }],
        ['rename', { from: at('deep'), to: at('way-out/deep') }],
        ['remove', { path: `${root}/granted\\..\\other` }],
      ];
      for (const [operation, args] of attempts) {
        await expect(
          call(scope, operation, args, { entry }),
          `${operation} ${JSON.stringify(args)}`,
        ).rejects.toMatchObject({ code: 'DENIED' });
      }
      expect(readdirSync(join(root, 'other'))).toEqual(['secret']);
      // On the way to what is granted, only the way.
      expect(await call(scope, 'list', { path: root }, { entry })).toMatchObject([{ name: 'granted' }]);
      // A link that stays inside is a way like any other.
      await call(scope, 'upload', { from: 'a', to: at('inside/a') }, { entry });
      expect(readFileSync(at('deep/a'), 'utf8')).toBe('x');
      // The link itself may go, and not what it leads to.
      await call(scope, 'remove', { path: at('way-out') }, { entry });
      expect(readdirSync(join(root, 'other'))).toEqual(['secret']);
    });

    test('below a folder are asked for one by one', async () => {
      await using scope = open();
      const { root } = server;
      mkdirSync(join(root, 'mixed/keep'), { recursive: true });
      writeFileSync(join(root, 'mixed/a'), 'a');
      writeFileSync(join(root, 'mixed/keep/b'), 'b');
      const entry = {
        ...server.entry,
        write: [`${root}/mixed`, `${root}/mixed/*`, `${root}/elsewhere`],
        read: `${root}/mixed`,
      };
      await expect(call(scope, 'remove', { path: join(root, 'mixed') }, { entry })).rejects.toMatchObject({
        code: 'DENIED',
      });
      await expect(
        call(scope, 'rename', { from: join(root, 'mixed'), to: join(root, 'elsewhere') }, { entry }),
      ).rejects.toMatchObject({ code: 'DENIED' });
      await expect(call(scope, 'download', { from: join(root, 'mixed'), to: 'x' }, { entry })).rejects.toMatchObject({
        code: 'DENIED',
      });
      expect(namesBelow(join(root, 'mixed'))).toEqual(['a', 'keep', 'keep/b']);
    });
  });
});
