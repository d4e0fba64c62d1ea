import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AbsolutePath, Json, JsonObject } from '../../../schemas/index.ts';
import type { HostCall } from '../../host-call.ts';
import type { CallScope } from '../capability.ts';
import { storeCapability } from '../store.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { openArchiveStore } from './archives.ts';

let scope: TestScope;
beforeEach(() => {
  const made = makeTestScope();
  onTestFinished(() => made[Symbol.asyncDispose]());
  scope = made;
});

const put = (path: string, content: string | Buffer): void => {
  const file = join(scope.workspace, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
};
const read = (path: string): string => readFileSync(join(scope.workspace, path), 'utf8');
/** Bytes that don't get smaller. */
const noise = (bytes: number): Buffer => Buffer.from(scope.random.bytes(bytes));

interface More {
  readonly archives?: string;
  readonly scope?: CallScope;
  readonly implied?: (call: HostCall) => boolean;
}

async function call(operation: string, args: JsonObject, more: More = {}): Promise<JsonObject> {
  const entry = { keys: '*', archives: more.archives ?? '1MiB' };
  const { implied = () => true } = more;
  const answer: Json = await performTestCall(
    storeCapability,
    { layers: [[entry]], operation, args, implied },
    more.scope ?? scope,
  );
  // Tests look into the answer by its keys.
  return answer as JsonObject;
}

const save = (key: string, args: JsonObject = {}, more: More = {}): Promise<JsonObject> =>
  call('save', { key, from: 'in', ...args }, more);
/** Where archives of this test lie; the folder below is named after tenant and plugin. */
function shelf(): string {
  const root = join(dirname(scope.workspace), 'store-archives');
  return join(root, readdirSync(root)[0] ?? '');
}
const contents = (): readonly string[] => readdirSync(join(shelf(), 'contents'));

describe('an archive', () => {
  test('comes back as it was, by its key alone', async () => {
    put('in/a b/ü.txt', 'one');
    put('in/run.sh', 'two');
    chmodSync(join(scope.workspace, 'in/run.sh'), 0o755);
    symlinkSync('run.sh', join(scope.workspace, 'in/link'));
    const saved = await save('k/1');
    expect(saved).toMatchObject({
      saved: true,
      entries: 4,
      evicted: 0,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await call('load', { key: 'k/1', to: 'out' })).toMatchObject({
      found: true,
      entries: 4,
      archive_bytes: saved['bytes'],
      sha256: saved['sha256'],
    });
    expect([read('out/a b/ü.txt'), read('out/run.sh'), read('out/link')]).toEqual(['one', 'two', 'two']);
    expect(await call('load', { key: 'k', to: 'other' })).toEqual({ found: false, damaged: false });
    expect(readdirSync(scope.workspace).sort()).toEqual(['in', 'out']);
  });

  test('is kept once for the same files, and stays for whoever has it', async () => {
    put('in/a', 'same');
    await save('one');
    await save('two');
    expect(contents()).toHaveLength(1);
    put('in/a', 'other');
    await save('one');
    expect(contents()).toHaveLength(2);
    await call('load', { key: 'two', to: 'out' });
    expect(read('out/a')).toBe('same');
  });

  test('that is there stays as it is where the call says so', async () => {
    put('in/a', 'first');
    await save('k');
    put('in/a', 'second');
    expect(await save('k', { replace: false })).toMatchObject({ saved: false });
    await call('load', { key: 'k', to: 'out' });
    expect(read('out/a')).toBe('first');
  });

  test('holds what the patterns mean', async () => {
    put('in/keep/a', 'a');
    put('in/keep/tmp/b', 'b');
    put('in/c', 'c');
    await save('k', { include: ['keep', 'keep/**'], exclude: ['keep/tmp'] });
    await call('load', { key: 'k', to: 'out' });
    expect(readdirSync(join(scope.workspace, 'out'))).toEqual(['keep']);
    expect(readdirSync(join(scope.workspace, 'out/keep'))).toEqual(['a']);
  });

  test('is listed by its beginning, the newest first', async () => {
    put('in/a', 'a');
    for (const key of ['a/1', 'a/2', 'b/1']) await save(key);
    const listed = await call('saved', { prefix: 'a/' });
    expect(listed).toHaveLength(2);
    expect(listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'a/1', created_at: expect.stringMatching(/^20.*Z$/) }),
        expect.objectContaining({ key: 'a/2' }),
      ]),
    );
  });

  test('of another tenant or another plugin is not found', async () => {
    put('in/a', 'a');
    await save('k');
    const folder = join(dirname(scope.workspace), 'store-archives') as AbsolutePath; // Beside an absolute path.
    for (const owner of [
      { tenant: 'other', plugin: 'test' },
      { tenant: 'default', plugin: 'other' },
      { tenant: 'default","test', plugin: '' },
    ]) {
      const archives = openArchiveStore(folder, owner, scope);
      expect(await call('load', { key: 'k', to: 'out' }, { scope: { ...scope, archives } })).toMatchObject({
        found: false,
      });
      expect(await call('saved', {}, { scope: { ...scope, archives } })).toEqual([]);
    }
  });
});

describe('over the size that an entry lets', () => {
  test('what was not used for longest goes, and never what was just kept', async () => {
    let now = Date.now();
    const folder = join(dirname(scope.workspace), 'store-archives') as AbsolutePath; // Beside an absolute path.
    const archives = openArchiveStore(
      folder,
      { tenant: 'default', plugin: 'test' },
      { clock: { now: () => (now += 10_000) } },
    );
    const timed = { scope: { ...scope, archives }, archives: '250KB' };
    for (const key of ['a', 'b']) {
      put('in/x', noise(100_000));
      await save(key, {}, timed);
    }
    await call('load', { key: 'a', to: 'out' }, timed);
    put('in/x', noise(100_000));
    expect(await save('c', {}, timed)).toMatchObject({ evicted: 1 });
    expect(await call('saved', {}, timed)).toMatchObject([{ key: 'c' }, { key: 'a' }]);
    expect(contents()).toHaveLength(2);
  });

  test('what many keep at a time is whole, and no more than that', async () => {
    for (let index = 0; index < 12; index += 1) put(`in/${index}/x`, noise(50_000));
    await Promise.all(
      // Each as an invocation of its own, which works on one archive at a time.
      Array.from({ length: 12 }, (_, index) =>
        save(`k${index}`, { from: `in/${index}` }, { scope: { ...scope, usage: new Map() }, archives: '220KB' }),
      ),
    );
    const left = await call('saved', {});
    // What one of them doesn't know of yet another one counts.
    expect(left['length']).toBeLessThanOrEqual(4);
    for (const { key } of left as unknown as readonly { readonly key: string }[]) {
      expect(await call('load', { key, to: `out/${key}` })).toMatchObject({ found: true });
      expect(read(`out/${key}/x`)).toBe(read(`in/${key.slice(1)}/x`));
    }
    expect(readdirSync(join(shelf(), 'parts'))).toEqual([]);
  });

  test('an archive alone is refused, and leaves what was there', async () => {
    put('in/x', 'small');
    await save('k');
    put('in/x', noise(300_000));
    await expect(save('k', {}, { archives: '100KB' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await call('load', { key: 'k', to: 'out' });
    expect(read('out/x')).toBe('small');
    expect([contents().length, readdirSync(join(shelf(), 'parts'))]).toEqual([1, []]);
  });
});

describe('what is damaged', () => {
  test.each<[string, (bytes: Buffer) => Buffer]>([
    [
      'a bit that is another',
      (bytes) => Buffer.concat([bytes.subarray(0, -9), Buffer.from([~(bytes.at(-9) ?? 0) & 0xff]), bytes.subarray(-8)]),
    ],
    ['an end that is missing', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['nothing', () => Buffer.alloc(0)],
  ])('is not put back, and goes: %s', async (_what, damage) => {
    put('in/x', noise(50_000));
    await save('k');
    const file = join(shelf(), 'contents', contents()[0] ?? '');
    writeFileSync(file, damage(readFileSync(file)));
    expect(await call('load', { key: 'k', to: 'out' })).toEqual({ found: false, damaged: true });
    expect(await call('load', { key: 'k', to: 'out' })).toEqual({ found: false, damaged: false });
    expect(readdirSync(scope.workspace)).toEqual(['in']);
  });

  test('is no entry, where it is an entry', async () => {
    put('in/x', 'x');
    await save('k');
    const [entry = ''] = readdirSync(join(shelf(), 'entries'));
    for (const text of ['{', 'null', '{"version":1,"key":"k","sha256":"../../x","bytes":1,"created_at_ms":1}']) {
      writeFileSync(join(shelf(), 'entries', entry), text);
      expect(await call('load', { key: 'k', to: 'out' })).toEqual({ found: false, damaged: false });
      expect(await call('saved', {})).toEqual([]);
    }
  });
});

describe('archives', () => {
  test('need an entry that lets them be, and what fs needs', async () => {
    put('in/x', 'x');
    const denied = performTestCall(
      storeCapability,
      { layers: [[{ keys: '*' }]], operation: 'save', args: { key: 'k', from: 'in' } },
      scope,
    );
    await expect(denied).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('archives') });
    const implied = ({ operation }: HostCall): boolean => operation !== 'list' && operation !== 'mkdir';
    await expect(call('save', { key: 'k', from: 'in' }, { implied })).rejects.toMatchObject({ code: 'DENIED' });
    await save('k');
    await expect(call('load', { key: 'k', to: 'out' }, { implied })).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('leave no part behind where the call is cancelled, or fails', async () => {
    put('in/x', noise(200_000));
    const cancelled = { ...scope, signal: AbortSignal.abort() };
    await expect(call('save', { key: 'k', from: 'in' }, { scope: cancelled })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(save('k', { from: 'missing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    symlinkSync('/etc/passwd', join(scope.workspace, 'in/out'));
    await expect(save('k')).rejects.toMatchObject({ code: 'FAILED' });
    expect(readdirSync(join(shelf(), 'parts'))).toEqual([]);
    expect(await call('saved', {})).toEqual([]);
  });

  test.each(['', '*', '../x', 'a b', '/a', 'ü'])('have no key such as %j', async (key) => {
    const { firstMisfit } = await import('../../documents/schema-check.ts');
    const schema = storeCapability.operations['save']?.argsSchema ?? {};
    expect(firstMisfit(schema, { key, from: 'in' })).toBeDefined();
  });
});
