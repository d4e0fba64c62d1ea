import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lockfile } from '../../schemas/generated/lockfile.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { createPluginCatalogue } from '../manifest/index.ts';
import { manifestText, testFolder } from '../manifest/testing/folder.ts';
import { approvedByLockfile, refusedByLockfile, signersByLockfile } from './approved.ts';
import { askedBy } from './asked.ts';
import { lockfileName, parseLockfile, readLockfile, renderLockfile } from './lockfile.ts';

const permissions = 'permissions: { net: [{ url: "https://example.com/*", reason: x }] }';

/** A plugin folder with one plugin, and a lockfile that approves it as it is. */
async function installed(): Promise<{ readonly folder: AbsolutePath; readonly lockfile: Lockfile }> {
  const folder = testFolder({
    'acme-tool@1.2.0/plugin.yaml': manifestText(permissions),
    'acme-tool@1.2.0/index.ts': 'export default () => ({});',
  });
  const found = await createPluginCatalogue({ builtIn: testFolder({}), installed: folder }).resolve(
    'acme-tool@v1',
    undefined,
  );
  if ('error' in found) throw new TypeError(found.error.message);
  const { identity, manifest } = found.plugin;
  const locked = { ...identity, signers: [], source: {}, approved: askedBy(manifest) };
  return { folder, lockfile: { version: 1, plugins: [locked] } };
}

async function originIn(folder: AbsolutePath, lockfile: Lockfile, uses = 'acme-tool@v1'): Promise<string> {
  const options = {
    builtIn: testFolder({}),
    installed: folder,
    approved: approvedByLockfile(lockfile, folder),
    refused: refusedByLockfile(lockfile, folder),
  };
  const found = await createPluginCatalogue(options).resolve(uses, folder);
  return 'error' in found ? found.error.code : found.plugin.origin;
}

describe('a lockfile', () => {
  it('approves what it has the digest of', async () => {
    const { folder, lockfile } = await installed();
    expect(await originIn(folder, lockfile)).toBe('approved');
  });

  it('approves nothing that was changed since', async () => {
    const { folder, lockfile } = await installed();
    writeFileSync(join(folder, 'acme-tool@1.2.0/index.ts'), 'export default () => ({ changed: true });');
    expect(await originIn(folder, lockfile)).toBe('PLUGIN_SWAPPED');
  });

  it('is what a changed plugin is compared to before its code is looked for, so that nobody is told to build what was slipped in', async () => {
    const { folder, lockfile } = await installed();
    rmSync(join(folder, 'acme-tool@1.2.0/index.ts'));
    expect(await originIn(folder, lockfile)).toBe('PLUGIN_SWAPPED');
    expect(await originIn(folder, { version: 1, plugins: [] })).toBe('PLUGIN_INVALID');
  });

  it('approves nothing that asks for more than was approved', async () => {
    const { folder, lockfile } = await installed();
    const [locked] = lockfile.plugins;
    if (locked === undefined) throw new TypeError('nothing is locked');
    const approved = { ...locked.approved, permissions: {} };
    expect(await originIn(folder, { version: 1, plugins: [{ ...locked, approved }] })).toBe('PLUGIN_UNAPPROVED');
  });

  it('says who had signed what it approves, and of nothing else', async () => {
    const { folder, lockfile } = await installed();
    const signers = [{ name: 'acme', keys: [`ed25519-${'0'.repeat(32)}`] }];
    const signed: Lockfile = { version: 1, plugins: lockfile.plugins.map((locked) => ({ ...locked, signers })) };
    const found = async (): Promise<unknown> =>
      await createPluginCatalogue({
        builtIn: testFolder({}),
        installed: folder,
        signers: signersByLockfile(signed, folder),
      }).resolve('acme-tool@v1', undefined);
    expect(await found()).toMatchObject({ plugin: { signers } });
    writeFileSync(join(folder, 'acme-tool@1.2.0/index.ts'), 'export default () => ({ changed: true });');
    expect(await found()).not.toHaveProperty('plugin.signers');
    expect(await found()).toHaveProperty('plugin.origin', 'installed');
  });

  it('approves nothing that it does not name', async () => {
    const { folder } = await installed();
    expect(await originIn(folder, { version: 1, plugins: [] })).toBe('installed');
  });

  it.each([
    ['a higher version', 'copied', '1.9.0'],
    ['the same version, found first', 'aaa', '1.2.0'],
    ['a version that is asked for by name', 'acme-tool@1.2.1', '1.2.1'],
    ['the same version in a folder of another case', 'ACME-tool@1.2.0', '1.2.0'],
    ['another major version', 'acme-tool@2.0.0', '2.0.0'],
  ])('keeps its names for what it approves, and refuses %s', async (_what, name, version) => {
    const { folder, lockfile } = await installed();
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'plugin.yaml'), manifestText(permissions).replace('1.2.0', version));
    writeFileSync(join(folder, name, 'index.ts'), 'export default () => ({ theirs: true });');
    expect(await originIn(folder, lockfile)).toBe('approved');
    expect(await originIn(folder, lockfile, 'acme-tool@1.2.0')).toBe('approved');
    const refused = refusedByLockfile(lockfile, folder);
    const { broken, listed } = createPluginCatalogue({ builtIn: testFolder({}), installed: folder, refused });
    expect(broken).toMatchObject([{ folder: join(folder, name), errors: [{ code: 'PLUGIN_UNAPPROVED' }] }]);
    expect(listed.map((plugin) => plugin.version)).toEqual(['1.2.0']);
  });

  it('lets nothing lie in the place of what it approves, whatever that is called', async () => {
    const { folder, lockfile } = await installed();
    const file = join(folder, 'acme-tool@1.2.0/plugin.yaml');
    for (const text of [manifestText().replace('acme-tool', 'other'), manifestText().replace('1.2.0', '1.3.0')]) {
      writeFileSync(file, text);
      const refused = refusedByLockfile(lockfile, folder);
      const { broken, listed } = createPluginCatalogue({ builtIn: testFolder({}), installed: folder, refused });
      expect([broken, listed]).toMatchObject([[{ errors: [{ code: 'PLUGIN_SWAPPED' }] }], []]);
    }
  });

  it('leaves names free that it does not have', async () => {
    const { folder, lockfile } = await installed();
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine/plugin.yaml'), manifestText(permissions).replace('acme-tool', 'mine'));
    writeFileSync(join(folder, 'mine/index.ts'), 'export default () => ({});');
    expect(await originIn(folder, lockfile, 'mine@v1')).toBe('installed');
  });

  it('approves no folder beside a workflow, even with the same bytes', async () => {
    const { folder, lockfile } = await installed();
    mkdirSync(join(folder, 'flows'));
    const beside = testFolder({
      'mine/plugin.yaml': manifestText(permissions),
      'mine/index.ts': 'export default () => ({});',
    });
    const options = { builtIn: testFolder({}), installed: folder, approved: approvedByLockfile(lockfile, folder) };
    const found = await createPluginCatalogue(options).resolve('./mine', beside);
    expect(found).toMatchObject({ plugin: { origin: 'local' } });
  });
});

describe("a lockfile's file", () => {
  const written = async (): Promise<AbsolutePath> => {
    const { folder, lockfile } = await installed();
    const file = join(folder, lockfileName) as AbsolutePath;
    writeFileSync(file, renderLockfile(lockfile), { mode: 0o644 });
    return file;
  };
  const codeOf = (act: () => unknown): string | undefined => {
    try {
      act();
      return undefined;
    } catch (error) {
      return error instanceof WaterflowFailure ? error.error.code : String(error);
    }
  };

  it('is read as it was written, and is the same in any order', async () => {
    const { lockfile } = await installed();
    const [one] = lockfile.plugins;
    if (one === undefined) throw new TypeError('nothing is locked');
    const plugins = [{ ...one, version: '1.10.0' }, one, { ...one, name: 'abc' }];
    const text = renderLockfile({ version: 1, plugins });
    expect(renderLockfile(parseLockfile(text, 'x'))).toBe(text);
    expect(renderLockfile({ version: 1, plugins: plugins.toReversed() })).toBe(text);
    expect(parseLockfile(text, 'x').plugins.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'abc 1.2.0',
      'acme-tool 1.2.0',
      'acme-tool 1.10.0',
    ]);
  });

  it('is the empty one where there is none', () => {
    expect(readLockfile(join(testFolder({}), lockfileName) as AbsolutePath)).toEqual({ version: 1, plugins: [] });
  });

  it('counts for nothing where everybody may write to it, or it is a link', async () => {
    const file = await written();
    expect(codeOf(() => readLockfile(file))).toBeUndefined();
    const link = `${file}.link` as AbsolutePath;
    symlinkSync(file, link);
    expect(codeOf(() => readLockfile(link))).toBe('LOCKFILE_INVALID');
    chmodSync(file, 0o666);
    expect(codeOf(() => readLockfile(file))).toBe('LOCKFILE_INVALID');
  });

  it.each([
    ['<<<<<<< ours'],
    ['[]'],
    ['{ "version": 2, "plugins": [] }'],
    ['{ "version": 1, "plugins": [], "more": 1 }'],
    ['{ "version": 1, "plugins": [{ "name": "../../etc", "version": "1.0.0" }] }'],
  ])('is refused where it says %s', (text) => {
    expect(codeOf(() => parseLockfile(text, 'waterflow.lock'))).toBe('LOCKFILE_INVALID');
  });

  it('is refused where a plugin stands in it twice', async () => {
    const { lockfile } = await installed();
    const text = JSON.stringify({ ...lockfile, plugins: [...lockfile.plugins, ...lockfile.plugins] });
    expect(codeOf(() => parseLockfile(text, 'x'))).toBe('LOCKFILE_INVALID');
  });
});
