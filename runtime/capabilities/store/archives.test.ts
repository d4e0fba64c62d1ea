import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { HostCall } from '../../host-call.ts';
import { storeCapability } from '../store.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { openArchiveStore } from './archives.ts';
import { describeArchives, type TestArchives } from './contract/archives-contract.ts';
import { type ArchiveCalls, archiveCalls, type OpenArchives, ours } from './testing/archive-calls.ts';

type Kind = 'contents' | 'entries' | 'parts';

async function archivesOnDisk(): Promise<TestArchives & { readonly filesIn: (kind: Kind) => readonly string[] }> {
  const scope = makeTestScope();
  const root = join(dirname(scope.workspace), 'archives') as AbsolutePath; // Beside an absolute path.
  const filesIn = (kind: Kind): readonly string[] =>
    (existsSync(root) ? readdirSync(root) : [])
      .map((owner) => join(root, owner, kind))
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return {
    scope,
    open: (owner, { clock }) => openArchiveStore(root, owner, { clock }),
    filesIn,
    contents: () => filesIn('contents'),
    entries: () => filesIn('entries'),
    parts: () => filesIn('parts'),
    refuseRemovals() {
      // What can't be read can't be evicted either.
      const [entry = ''] = filesIn('entries');
      mkdirSync(join(dirname(entry), 'unreadable.json'));
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

describeArchives('on the disk', archivesOnDisk);

describe('archives on the disk', () => {
  let scope: TestScope;
  let open: OpenArchives;
  let filesIn: (kind: Kind) => readonly string[];
  let calls: ArchiveCalls;
  beforeEach(async () => {
    const made = await archivesOnDisk();
    onTestFinished(() => made[Symbol.asyncDispose]());
    ({ scope, open, filesIn } = made);
    calls = archiveCalls(scope, open);
  });

  test('are none where their entries are none', async () => {
    const { call, save, load, put } = calls;
    put('in/x', 'x');
    await save('k');
    const [entry = ''] = filesIn('entries');
    for (const text of ['{', 'null', '{"version":1,"key":"k","sha256":"../../x","bytes":1,"created_at_ms":1}']) {
      writeFileSync(entry, text);
      expect(await load('k')).toEqual({ found: false, damaged: false });
      expect(await call('saved', {})).toEqual([]);
    }
  });

  test('put nothing back where another whole archive lies in their place', async () => {
    const { save, load, put } = calls;
    // So large that it is unpacked in several pieces.
    put('in/first', calls.noise(9_000_000));
    await save('k', {}, { archives: '20MiB' });
    const [kept = ''] = filesIn('contents');
    put('in/second', 'x');
    await save('other', {}, { archives: '20MiB' });
    const [other = ''] = filesIn('contents').filter((file) => file !== kept);
    copyFileSync(other, kept);
    expect(await load('k')).toEqual({ found: false, damaged: true });
    expect(readdirSync(scope.workspace)).toEqual(['in']);
    expect(await load('other')).toMatchObject({ found: true, entries: 2 });
    expect(readdirSync(join(scope.workspace, 'out')).toSorted()).toEqual(['first', 'second']);
  });

  test('to which no entry could be written are not there', async () => {
    calls.put('in/x', 'x');
    await calls.save('same');
    const [kept = ''] = filesIn('contents');
    const begun = await open(ours, scope).begin();
    writeSync(begun.fd, 'content');
    rmSync(dirname(filesIn('entries')[0] ?? ''), { recursive: true });
    const sha256 = 'a'.repeat(64);
    await expect(begun.keep({ key: 'k', bytes: 7, sha256 }, [])).rejects.toMatchObject({ code: 'FAILED' });
    await begun.discard();
    mkdirSync(join(dirname(kept), '../entries'));
    expect([filesIn('contents'), filesIn('parts')]).toEqual([[kept], []]);
  });

  test('need an entry that lets them be, and what fs needs', async () => {
    const { save, load, put } = calls;
    put('in/x', 'x');
    const denied = performTestCall(
      storeCapability,
      { layers: [[{ keys: '*' }]], operation: 'save', args: { key: 'k', from: 'in' } },
      scope,
    );
    await expect(denied).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('archives') });
    const implied = ({ operation }: HostCall): boolean => operation !== 'list' && operation !== 'mkdir';
    await expect(save('k', {}, { implied })).rejects.toMatchObject({ code: 'DENIED' });
    await save('k');
    await expect(load('k', { implied })).rejects.toMatchObject({ code: 'DENIED' });
  });

  test.each(['', '*', '../x', 'a b', '/a', 'ü'])('have no key such as %j', async (key) => {
    const { firstMisfit } = await import('../../documents/schema-check.ts');
    const schema = storeCapability.operations['save']?.argsSchema ?? {};
    expect(firstMisfit(schema, { key, from: 'in' })).toBeDefined();
  });
});
