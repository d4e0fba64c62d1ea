import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { callUnder, testGrant } from '../../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { type More, ssh } from './testing/call.ts';
import { answerPlaces, attributes, startOwnServer } from './testing/own-server.ts';
import { startSshd, type TestSshd } from './testing/sshd.ts';

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const longAgo = new Date('2020-01-02T03:04:05Z');

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    utimesSync(join(folder, path), longAgo, longAgo);
  }
}

/** All files below a folder. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted();
}

describe.skipIf(!(await needs('ssh')))('a transfer of what is there already', () => {
  let server: TestSshd;
  beforeAll(async () => {
    server = await startSshd();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (): TestScope => makeTestScope({ secrets: { KEY: server.keys.client } });
  const call = (scope: TestScope, operation: string, args: JsonObject, more: More & { entry?: JsonObject } = {}) => {
    const { entry = server.entry, ...rest } = more;
    return ssh(scope, { entry, operation, args }, rest);
  };

  test('sends by checksum what has another content, whatever its time', async () => {
    await using scope = open();
    write(scope.workspace, { 'site/a': 'one', 'site/deep/b': 'two', 'site/c': 'six' });
    const args = { from: 'site', to: join(server.root, 'checksum'), compare: 'checksum' };
    expect(await call(scope, 'upload', args)).toMatchObject({ files: 3, bytes: 9, unchanged: 0 });
    write(scope.workspace, { 'site/c': 'ten' });
    const listing = [`${sha256('one')}  a`, `${sha256('ten')}  c`, `${sha256('two')}  deep/b`, ''].join('\n');
    const again = { files: 1, bytes: 3, unchanged: 2, sha256: sha256(listing) };
    expect(await call(scope, 'upload', args)).toEqual(again);
    expect(readFileSync(join(args.to, 'c'), 'utf8')).toBe('ten');
    const one = { from: 'site/c', to: join(args.to, 'c'), compare: 'checksum' };
    expect(await call(scope, 'upload', one)).toEqual({ files: 0, bytes: 0, unchanged: 1, sha256: sha256('ten') });
  });

  test('sends by time what was changed in another second, and gives the file there its time', async () => {
    await using scope = open();
    write(scope.workspace, { 'site/a': 'one', 'site/b': 'two' });
    const args = { from: 'site', to: join(server.root, 'time'), compare: 'time' };
    await call(scope, 'upload', args);
    expect(statSync(join(args.to, 'a')).mtime).toEqual(longAgo);
    write(scope.workspace, { 'site/a': 'ten' });
    writeFileSync(join(scope.workspace, 'site/b'), 'six');
    expect(await call(scope, 'upload', args)).toMatchObject({ files: 1, unchanged: 1 });
    expect(['a', 'b'].map((name) => readFileSync(join(args.to, name), 'utf8'))).toEqual(['one', 'six']);
  });

  test('sends what has another mode, and gives files the mode that the call says', async () => {
    await using scope = open();
    write(scope.workspace, { a: 'one' });
    const args = { from: 'a', to: join(server.root, 'mode'), compare: 'checksum' };
    await call(scope, 'upload', args);
    expect(await call(scope, 'upload', { ...args, mode: 0o640 })).toMatchObject({ files: 1 });
    expect(statSync(args.to).mode & 0o7777).toBe(0o640);
    expect(await call(scope, 'upload', { ...args, mode: 0o640 })).toMatchObject({ files: 0, unchanged: 1 });
    const grant = testGrant({ manifest: { ssh: [server.entry], fs: [{ read: '**' }] } });
    const setuid = { ...args, host: '127.0.0.1', port: server.port, mode: 0o4755 };
    await expect(callUnder(grant, 'ssh.upload', { args: setuid, scope })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    expect(statSync(args.to).mode & 0o7777).toBe(0o640);
  });

  test('tells nothing of what may not be read there', async () => {
    await using scope = open();
    write(scope.workspace, { a: 'one' });
    const to = join(server.root, 'secret');
    writeFileSync(to, 'one');
    const { read: _read, ...entry } = server.entry;
    for (const more of [{ compare: 'checksum' }, { compare: 'time' }, { verify: true }]) {
      await expect(call(scope, 'upload', { from: 'a', to, ...more }, { entry })).rejects.toMatchObject({
        code: 'DENIED',
      });
    }
    expect(await call(scope, 'upload', { from: 'a', to }, { entry })).toMatchObject({ files: 1 });
  });

  test('fetches by time, and by the digest that the call names', async () => {
    await using scope = open();
    write(server.root, { 'logs/a': 'one', 'logs/run': 'two' });
    chmodSync(join(server.root, 'logs/run'), 0o755);
    const args = { from: join(server.root, 'logs'), to: 'logs', compare: 'time' };
    expect(await call(scope, 'download', args)).toMatchObject({ files: 2, unchanged: 0 });
    expect(statSync(join(scope.workspace, 'logs/a')).mtime).toEqual(longAgo);
    expect(await call(scope, 'download', args)).toMatchObject({ files: 0, bytes: 0, unchanged: 2 });
    chmodSync(join(scope.workspace, 'logs/run'), 0o644);
    write(server.root, { 'logs/a': 'three' });
    expect(await call(scope, 'download', args)).toMatchObject({ files: 2, bytes: 8 });
    expect(readFileSync(join(scope.workspace, 'logs/a'), 'utf8')).toBe('three');
    expect(statSync(join(scope.workspace, 'logs/run')).mode & 0o111).not.toBe(0);
    const one = { from: join(server.root, 'logs/a'), to: 'logs/a', compare: 'checksum' };
    expect(await call(scope, 'download', one)).toMatchObject({ files: 1 });
    expect(await call(scope, 'download', { ...one, sha256: sha256('three') })).toMatchObject({ unchanged: 1 });
    const unread: More = { implied: (asked) => asked.operation !== 'read' };
    await expect(call(scope, 'download', args, unread)).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('moves what the patterns mean, and fails where that is nothing', async () => {
    await using scope = open();
    const names = ['a.js', 'a.ts', 'lib/b.js', 'lib/deep/c.js', 'node_modules/x/index.js'];
    write(scope.workspace, Object.fromEntries(names.map((name) => [`src/${name}`, name])));
    const to = join(server.root, 'patterns');
    const chosen = { include: ['**/*.js'], exclude: ['node_modules', 'lib/deep/**'] };
    expect(await call(scope, 'upload', { from: 'src', to, ...chosen })).toMatchObject({ files: 2 });
    expect(filesBelow(to)).toEqual(['a.js', 'lib/b.js']);
    expect(existsSync(join(to, 'node_modules'))).toBe(false);
    write(to, { 'lib/z.ts': 'z', 'node_modules/y.js': 'y' });
    expect(await call(scope, 'download', { from: to, to: 'back', ...chosen })).toMatchObject({ files: 2 });
    expect(filesBelow(join(scope.workspace, 'back'))).toEqual(['a.js', 'lib/b.js']);
    const nothing = { include: ['*.css'] };
    const other = join(server.root, 'nothing');
    for (const [operation, from, target] of [
      ['upload', 'src', other],
      ['download', to, 'other'],
    ] as const) {
      const asked = call(scope, operation, { from, to: target, ...nothing });
      await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('*.css') });
    }
    expect(existsSync(other)).toBe(false);
    await expect(call(scope, 'upload', { from: 'src/a.js', to, ...nothing })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    await expect(call(scope, 'upload', { from: 'src', to, include: ['../*'] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });

  test('goes on without a digest, and never takes one file for the beginning of another', async () => {
    await using scope = open();
    const from = join(server.root, 'long');
    write(server.root, { long: 'abcdefg'.repeat(500_000) });
    const args = { from, to: 'long', resume: true };
    const cutOff = () =>
      expect(call(scope, 'download', { ...args, max_bytes: 3_000_000 })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      });
    await cutOff();
    expect(readdirSync(scope.workspace)).toEqual([expect.stringMatching(/^long\.[0-9a-f]{16}\.part$/)]);
    expect(await call(scope, 'download', args)).toMatchObject({ bytes: 3_500_000 });
    expect(scope.notes).toContainEqual({ resumed_from: expect.any(Number) });
    expect(readFileSync(join(scope.workspace, 'long')).equals(readFileSync(from))).toBe(true);
    expect(readdirSync(scope.workspace)).toEqual(['long']);
    await cutOff();
    writeFileSync(from, 'gfedcba'.repeat(500_000));
    expect(await call(scope, 'download', args)).toMatchObject({ bytes: 3_500_000 });
    expect(readFileSync(join(scope.workspace, 'long')).equals(readFileSync(from))).toBe(true);
  });

  test('reads back what it sent', async () => {
    await using scope = open();
    write(scope.workspace, { a: 'x'.repeat(100_000) });
    const to = join(server.root, 'verified');
    expect(await call(scope, 'upload', { from: 'a', to, verify: true, mode: 0o200 })).toMatchObject({ files: 1 });
    expect(readFileSync(to, 'utf8')).toBe('x'.repeat(100_000));
  });
});

const { STATUS_CODE } = ssh2.utils.sftp;

test.each([
  ['other bytes', (length: number) => (length < 5 ? undefined : Buffer.from('wrong'))],
  ['more of them than there are, without end', (length: number) => Buffer.alloc(length, 'x')],
])('a server that gives back %s is found out, and keeps nothing', async (_what, read) => {
  const removed: string[] = [];
  const renamed: string[] = [];
  const sizes: Record<string, number> = {};
  let answers = 0;
  await using server = await startOwnServer({
    sftp(sftp) {
      answerPlaces(sftp, sizes);
      sftp.on('OPEN', (id, path) => {
        sizes[path] = 5;
        sftp.handle(id, Buffer.from('h'));
      });
      for (const kind of ['WRITE', 'FSETSTAT'] as const) sftp.on(kind, (id: number) => sftp.status(id, STATUS_CODE.OK));
      sftp.on('READ', (id, _handle, _offset, length) => {
        answers += 1;
        const bytes = answers > 1 && read(4) === undefined ? undefined : read(length);
        if (bytes === undefined) sftp.status(id, STATUS_CODE.EOF);
        else sftp.data(id, bytes);
      });
      sftp.on('REMOVE', (id, path) => {
        removed.push(path);
        sftp.status(id, STATUS_CODE.OK);
      });
      sftp.on('RENAME', (id, from) => {
        renamed.push(from);
        sftp.attrs(id, attributes('file'));
      });
    },
  });
  await using scope = makeTestScope({ secrets: { KEY: server.key } });
  write(scope.workspace, { a: 'right' });
  const args = { from: 'a', to: '/granted/a', verify: true };
  await expect(ssh(scope, { entry: server.entry, operation: 'upload', args })).rejects.toMatchObject({
    code: 'FAILED',
    message: expect.stringContaining('read back'),
  });
  expect(removed).toEqual([expect.stringMatching(/^\/granted\/\.waterflow-.*\.part$/)]);
  expect(renamed).toEqual([]);
});
