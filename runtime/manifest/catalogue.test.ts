import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { KnownPlugin, LoadedPlugin } from '../plugin.ts';
import { approvedBy } from './approved-by.ts';
import { createPluginCatalogue, type PluginCatalogue } from './catalogue.ts';
import { manifestText, testFolder } from './testing/folder.ts';

/** Plugins in one folder, by the folder's name: `name version`. */
function shelf(plugins: Readonly<Record<string, string>>): AbsolutePath {
  return testFolder(
    Object.fromEntries(
      Object.entries(plugins).flatMap(([folder, what]) => {
        const [name = '', version = ''] = what.split(' ');
        return [
          [
            `${folder}/plugin.yaml`,
            manifestText('inputs: { a: { type: string } }').replace('acme-tool', name).replace('1.2.0', version),
          ],
          [`${folder}/index.ts`, `export default () => ({ version: '${version}' });`],
        ];
      }),
    ),
  );
}

const builtIn = shelf({ http: 'http 1.0.0' });
const installed = shelf({
  a: 'tool 1.2.0',
  b: 'tool 1.10.0',
  c: 'tool 2.0.0',
  d: 'tool 1.11.0-beta',
  e: 'http 9.0.0',
  f: 'other 0.1.0',
});
writeFileSync(join(builtIn, 'control.txt'), '');
mkdirSync(join(builtIn, 'wait'));
writeFileSync(join(builtIn, 'wait/plugin.yaml'), 'name: wait\nversion: 1.0.0\ndescription: x\nruntime: control\n');

async function resolved(catalogue: PluginCatalogue, uses: string, folder?: AbsolutePath): Promise<LoadedPlugin> {
  const found = await catalogue.resolve(uses, folder);
  if ('error' in found) throw new TypeError(found.error.message);
  return found.plugin;
}

async function identified(catalogue: PluginCatalogue, uses: string): Promise<KnownPlugin> {
  const found = await catalogue.identify(uses, undefined);
  if ('error' in found) throw new TypeError(found.error.message);
  return found.plugin;
}

describe('the catalogue', () => {
  const catalogue = createPluginCatalogue({ builtIn, installed });

  it.each([
    ['tool@v1', '1.10.0'],
    ['tool@v1.2', '1.2.0'],
    ['tool@v2', '2.0.0'],
    ['tool@1.2.0', '1.2.0'],
    ['tool@1.11.0-beta', '1.11.0-beta'],
    ['http@v1', '1.0.0'],
  ])('finds %s: %s', async (uses, version) => {
    expect((await resolved(catalogue, uses)).identity.version).toBe(version);
  });

  it('says of an exact version that a lockfile has that it is pinned', () => {
    const locked = ({ version }: { readonly version: string }): boolean => version === '1.10.0';
    const nodes = createPluginCatalogue({ builtIn, installed, locked }).nodes(undefined);
    expect(['tool@1.10.0', 'tool@1.2.0', 'tool@v1'].map((uses) => 'pinned' in nodes.find(uses))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('names the folder in which a plugin is not, to who is on its machine', async () => {
    const message = expect.stringContaining(`none lies in ${installed}`);
    expect(await catalogue.resolve('tol@v1', installed)).toMatchObject({ error: { message } });
    const refused = await catalogue.resolve('tol@v1', undefined);
    expect(JSON.stringify(refused)).not.toContain(installed);
  });

  it('finds exactly the bytes of a digest', async () => {
    const { digest } = (await resolved(catalogue, 'tool@1.2.0')).identity;
    expect((await resolved(catalogue, `tool@${digest}`)).identity.version).toBe('1.2.0');
    expect(await catalogue.resolve(`tool@sha256:${'0'.repeat(64)}`, undefined)).toMatchObject({
      error: { code: 'PLUGIN_NOT_FOUND' },
    });
    expect(await catalogue.resolve(`other@${digest}`, undefined)).toMatchObject({
      error: { code: 'PLUGIN_NOT_FOUND' },
    });
  });

  it.each([
    ['tol@v1', /no plugin `tol`/, /`tool@v1`/],
    ['tool@v3', /only 1\.2\.0, 1\.10\.0, 2\.0\.0/, /tool@v1/],
    ['http@v9', /only 1\.0\.0/, /http@v1/],
    ['tool', /which version/, /Correct/],
    ['tool@main', /no version/, /Correct/],
    ['../tool', /relative to the workflow file/, /Correct/],
    ['./../tool', /`\.\.` is not allowed/, /Correct/],
    ['/tmp/tool', /relative to the workflow file/, /Correct/],
    ['a/b@v1', /is written as/, /Correct/],
    ['./tool', /no workflow file/, /Install/],
  ])('says why there is no %s', async (uses, message, remedy) => {
    const found = await catalogue.resolve(uses, undefined);
    expect(found).toMatchObject({
      error: {
        code: 'PLUGIN_NOT_FOUND',
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      },
    });
  });

  it("lets nobody take a built-in node's name", async () => {
    expect(await resolved(catalogue, 'http@v1')).toMatchObject({ origin: 'built-in' });
    expect(await catalogue.resolve('http@9.0.0', undefined)).toHaveProperty('error');
  });

  it('lets no plugin beside the workflow take one either, approved or not', async () => {
    const beside = shelf({ mine: 'http 1.0.0' });
    const refusal = { code: 'PLUGIN_INVALID', message: '`http` is the name of a node that comes with Waterflow' };
    for (const approved of [() => true, () => false]) {
      const found = createPluginCatalogue({ builtIn, approved });
      expect(await found.resolve('./mine', beside)).toMatchObject({ error: refusal });
      expect(found.nodes(beside).find('./mine')).toMatchObject({ missing: refusal.message });
    }
  });

  it('approves what somebody approved, and nothing else', async () => {
    const beside = shelf({ mine: 'mine 1.0.0', theirs: 'theirs 1.0.0', claims: 'tool 1.2.0' });
    const approving = createPluginCatalogue({
      builtIn,
      installed,
      approved: approvedBy(['./mine', 'tool@1.2.0', 'http'], beside),
    });
    expect((await resolved(approving, './mine', beside)).origin).toBe('approved');
    expect((await resolved(approving, './theirs', beside)).origin).toBe('local');
    expect((await resolved(approving, './claims', beside)).origin).toBe('local');
    expect((await resolved(approving, 'tool@1.2.0')).origin).toBe('approved');
    expect((await resolved(approving, 'tool@v2')).origin).toBe('installed');
    expect((await resolved(approving, 'http@v1')).origin).toBe('built-in');
    const { digest } = (await resolved(approving, './theirs', beside)).identity;
    const byDigest = createPluginCatalogue({ builtIn, approved: approvedBy([digest], beside) });
    expect((await resolved(byDigest, './theirs', beside)).origin).toBe('approved');
  });

  it("keeps what it loaded, and tries again what it couldn't load", async () => {
    const beside = shelf({ mine: 'mine 1.0.0' });
    const fresh = createPluginCatalogue({ builtIn });
    const first = await resolved(fresh, './mine', beside);
    writeFileSync(join(beside, 'mine/index.ts'), 'export default 2;');
    expect(await resolved(fresh, './mine', beside)).toBe(first);
    writeFileSync(join(beside, 'mine/plugin.yaml'), 'nmae: x');
    const later = createPluginCatalogue({ builtIn });
    expect(await later.resolve('./mine', beside)).toMatchObject({ error: { code: 'PLUGIN_INVALID' } });
    writeFileSync(join(beside, 'mine/plugin.yaml'), manifestText());
    expect((await resolved(later, './mine', beside)).identity.name).toBe('acme-tool');
  });

  it('has what was kept in the place of what its folder holds now', async () => {
    const folder = shelf({ a: 'tool 1.0.0', b: 'tool 2.0.0' });
    const [first, second] = [createPluginCatalogue({ builtIn, installed: folder }), 'tool@v2'];
    const kept = [await identified(first, 'tool@v1')];
    writeFileSync(join(folder, 'a/plugin.yaml'), 'nmae: x');
    const broken = createPluginCatalogue({ builtIn, installed: folder });
    expect(broken.broken).toHaveLength(1);
    const next = createPluginCatalogue({ builtIn, installed: folder, kept });
    expect(next.broken).toEqual([]);
    expect(await identified(next, 'tool@v1')).toEqual(kept[0]);
    expect((await resolved(next, 'tool@v1')).code).toMatchObject({ runtime: 'isolate', main: 'index.ts' });
    expect(await next.describe('tool@v1', undefined)).toMatchObject({ plugin: { manifest: { version: '1.0.0' } } });
    const approving = createPluginCatalogue({ builtIn, installed: folder, kept, approved: () => true });
    expect(await identified(approving, 'tool@v1')).toEqual({ ...kept[0], origin: 'approved' });
    expect((await resolved(next, second)).identity.version).toBe('2.0.0');
    expect(next.listed.filter(({ name }) => name === 'tool').map(({ version }) => version)).toEqual(['2.0.0', '1.0.0']);
  });

  it('takes one of two folders with the same version, and the one that it took before', async () => {
    const folder = shelf({ a: 'tool 1.0.0', b: 'tool 1.0.0' });
    const first = createPluginCatalogue({ builtIn, installed: folder });
    expect((await identified(first, 'tool@v1')).folder).toBe(join(folder, 'a'));
    expect(first.broken).toMatchObject([{ folder: join(folder, 'b'), errors: [{ code: 'PLUGIN_INVALID' }] }]);
    const earlier = [join(folder, 'b') as AbsolutePath]; // Below an absolute path.
    const next = createPluginCatalogue({ builtIn, installed: folder, earlier });
    expect((await identified(next, 'tool@v1')).folder).toBe(join(folder, 'b'));
    expect(next.listed.filter(({ name }) => name === 'tool')).toHaveLength(1);
  });

  it('takes no control node from the plugin folder', () => {
    const folder = testFolder({ 'tool/plugin.yaml': 'name: tool\nversion: 1.0.0\ndescription: x\nruntime: control\n' });
    const { broken, listed } = createPluginCatalogue({ builtIn, installed: folder });
    expect(broken).toMatchObject([
      { errors: [{ code: 'PLUGIN_INVALID', message: expect.stringContaining('itself') }] },
    ]);
    expect(listed.map(({ name }) => name)).not.toContain('tool');
  });

  it('compiles nothing until somebody is to run it, and then what was read', async () => {
    const compiled: string[] = [];
    const eraseTypes = (source: string): string => {
      compiled.push(source);
      return source;
    };
    const folder = shelf({ a: 'tool 1.0.0', b: 'other 1.0.0' });
    const catalogue = createPluginCatalogue({ builtIn, installed: folder, eraseTypes });
    const { digest } = (await identified(catalogue, 'tool@v1')).identity;
    await identified(catalogue, `tool@${digest}`);
    await identified(catalogue, 'other@v1');
    expect(compiled).toEqual([]);
    writeFileSync(join(folder, 'a/index.ts'), 'export default 2;');
    const first = await resolved(catalogue, 'tool@v1');
    expect(await resolved(catalogue, 'tool@v1')).toBe(first);
    expect(first.identity.digest).toBe(digest);
    expect(compiled).toEqual(["export default () => ({ version: '1.0.0' });"]);
  });

  it('takes no other plugin for the one that a folder held when it was read', async () => {
    const folder = shelf({ a: 'tool 1.0.0' });
    const catalogue = createPluginCatalogue({ builtIn, installed: folder });
    writeFileSync(join(folder, 'a/plugin.yaml'), manifestText().replace('acme-tool', 'other'));
    expect(await catalogue.resolve('tool@v1', undefined)).toMatchObject({
      error: { code: 'PLUGIN_MISSING', message: expect.stringContaining('held tool@1.0.0 when it was read') },
    });
  });

  it('says that a plugin is refused, not that there is none', async () => {
    const broken = testFolder({ 'tool/plugin.yaml': 'nmae: x' });
    const found = createPluginCatalogue({ builtIn, installed: broken });
    expect(found.broken).toHaveLength(1);
    expect(await found.resolve('tool@v1', undefined)).toMatchObject({
      error: { message: expect.stringContaining('/tool is refused: ') },
    });
    expect(createPluginCatalogue({ builtIn, installed: '/no/such/folder' as AbsolutePath }).broken).toEqual([]);
  });
});

describe('the nodes of a workflow file', () => {
  it("are the plugins' manifests, control nodes too", () => {
    const beside = shelf({ mine: 'mine 1.0.0' });
    const nodes = createPluginCatalogue({ builtIn, installed }).nodes(beside);
    expect(nodes.find('tool@v1')).toMatchObject({
      node: { uses: 'tool@v1', runtime: 'isolate', inputs: { a: { type: 'string' } }, dynamic_outputs: false },
    });
    expect(nodes.find('wait@v1')).toMatchObject({ node: { runtime: 'control' } });
    expect(nodes.find('./mine')).toMatchObject({ node: { uses: './mine' } });
    expect(nodes.find('./missing')).toMatchObject({ missing: expect.stringContaining("can't be read") });
    expect(nodes.find('tol@v1')).toMatchObject({ missing: expect.stringContaining('no plugin') });
    expect(nodes.names()).toEqual(['http@v1', 'wait@v1', 'tool@v1', 'tool@v2', 'other@v0']);
    expect(nodes.permissionSchemas()['fs']).toMatchObject({ properties: { reason: { type: 'string' }, read: {} } });
    expect(nodes.permissionSchemas()).not.toHaveProperty('log');
  });

  it('say every mistake of a manifest, and that it is to be corrected', () => {
    const beside = testFolder({ 'mine/plugin.yaml': 'name: mine\nversion: 1\nruntime: isolate\nmain: index.ts\n' });
    expect(createPluginCatalogue({ builtIn }).nodes(beside).find('./mine')).toEqual({
      missing: expect.stringMatching(/^plugin\.yaml:1:1: `description` is missing; plugin\.yaml:2:10: /),
      remedy: 'Correct plugin.yaml in that folder.',
    });
  });

  it('know no control node but the built-in ones', () => {
    const beside = testFolder({ 'wait/plugin.yaml': 'name: wait\nversion: 1.0.0\ndescription: x\nruntime: control\n' });
    expect(createPluginCatalogue({ builtIn }).nodes(beside).find('./wait')).toMatchObject({
      missing: expect.stringContaining('control'),
    });
  });
});
