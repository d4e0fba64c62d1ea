import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../manifest/testing/folder.ts';
import { createSigningKey } from '../trust/index.ts';
import { httpSource } from './http-source.ts';
import { testMemory, testPackage, webServer, writePackage } from './testing/registries.ts';
import { author, built, codeOf, dayMs, key, registryOf, start, visit, visited } from './testing/visits.ts';

describe('a registry', () => {
  it('shows what was built, and gives exactly that', async () => {
    const { folder } = await registryOf();
    const registry = await visit(folder);
    const { file: _file, ...published } = await testPackage({}, [author]);
    expect(registry).toMatchObject({
      id: key.publicKey.id,
      packages: [{ name: 'acme-tool', version: '1.2.0', digest: published.digest }],
      expires: start + 30 * dayMs,
    });
    const [indexed] = registry.packages;
    if (indexed === undefined) throw new TypeError('there is no package');
    expect(await registry.fetch(indexed)).toEqual({
      package: published.bytes,
      signature: Buffer.from(published.signatures),
    });
  });

  it('is the same on a web server', async () => {
    const { folder } = await registryOf();
    await using source = httpSource(await webServer(folder));
    const registry = await visited(source);
    const [indexed] = registry.packages;
    if (indexed === undefined) throw new TypeError('there is no package');
    expect((await registry.fetch(indexed)).package).toEqual((await testPackage({}, [author])).bytes);
  });

  it('grows: a client that knows it sees what is new', async () => {
    const { folder } = await registryOf();
    const memory = testMemory();
    await visit(folder, { memory });
    await writePackage(folder, { version: '1.10.0' }, [author]);
    const { added, removed, version } = await built(folder);
    expect({ added, removed, version }).toEqual({ added: ['acme-tool@1.10.0'], removed: [], version: 2 });
    const { packages } = await visit(folder, { memory });
    expect(packages.map((each) => each.version)).toEqual(['1.2.0', '1.10.0']);
  });

  it('keeps its files for whoever reads the build before, and no older ones', async () => {
    const { folder } = await registryOf(4);
    expect(readdirSync(join(folder, 'metadata')).sort()).toEqual([
      '1.root.json',
      '3.index.json',
      '3.snapshot.json',
      '4.index.json',
      '4.snapshot.json',
      'timestamp.json',
    ]);
  });

  it('puts another key in the place of its own, and those who know it follow', async () => {
    const { folder } = await registryOf();
    const memory = testMemory();
    await visit(folder, { memory });
    const next = createSigningKey();
    expect(await codeOf(built(folder, { key: next }))).toBe('REGISTRY_FOREIGN_KEY');
    await built(folder, { key: next, oldKey: key });
    await built(folder, { key: next });
    // Known by its first key, to those who saw it before and to those who come now.
    expect((await visit(folder, { memory, accept: false })).id).toBe(key.publicKey.id);
    expect((await visit(folder)).id).toBe(key.publicKey.id);
    expect(await codeOf(built(folder))).toBe('REGISTRY_FOREIGN_KEY');
  });

  it('is built again where a change of keys was cut off', async () => {
    const { folder } = await registryOf();
    const next = createSigningKey();
    const before = readFileSync(join(folder, 'metadata/timestamp.json'));
    await built(folder, { key: next, oldKey: key });
    writeFileSync(join(folder, 'metadata/timestamp.json'), before);
    await built(folder, { key: next, oldKey: key });
    expect((await visit(folder)).packages).toHaveLength(1);
  });

  it('has a root for another year before the old one ends', async () => {
    const { folder } = await registryOf();
    const later = start + 200 * dayMs;
    await built(folder, { now: later });
    expect(readdirSync(join(folder, 'metadata'))).toContain('2.root.json');
    // Whoever saw the first root last, which is over by then, finds the way.
    await built(folder, { now: start + 380 * dayMs });
    expect((await visit(folder, { now: start + 381 * dayMs })).packages).toHaveLength(1);
  });

  it.each([
    [
      'a package without signatures',
      async (folder: string) => void (await writePackage(folder, { name: 'other-one' }, [])),
      'SIGNATURE_MISSING',
    ],
    [
      'a version with other content',
      async (folder: string) =>
        void (await writePackage(folder, { code: 'export default () => ({ a: 1 });' }, [author])),
      'PLUGIN_SWAPPED',
    ],
    ['a broken package', async (folder: string) => writeFileSync(join(folder, 'a-1.0.0.tgz'), 'x'), 'PACKAGE_CORRUPT'],
    [
      'a package under another name',
      async (folder: string) => cpSync(join(folder, 'acme-tool-1.2.0.tgz'), join(folder, 'better-1.0.0.tgz')),
      'PACKAGE_RECORD_INVALID',
    ],
    [
      'the signatures of another package',
      async (folder: string) => {
        await writePackage(folder, { name: 'other-one' }, [author]);
        cpSync(join(folder, 'acme-tool-1.2.0.tgz.sig'), join(folder, 'other-one-1.2.0.tgz.sig'));
      },
      'SIGNATURE_MISMATCH',
    ],
  ])('is not built with %s', async (_what, put, code) => {
    const { folder } = await registryOf();
    const before = readFileSync(join(folder, 'metadata/timestamp.json'), 'utf8');
    await put(folder);
    expect(await codeOf(built(folder))).toBe(code);
    expect(readFileSync(join(folder, 'metadata/timestamp.json'), 'utf8')).toBe(before);
  });
});

describe('a registry on a web server that does what it likes', () => {
  it.each([
    ['answers with an error', 500, {}, 'REGISTRY_UNREACHABLE'],
    ['sends its clients elsewhere', 302, { location: 'http://127.0.0.1:9/' }, 'REGISTRY_UNREACHABLE'],
    ['has nothing', 404, {}, 'REGISTRY_UNREACHABLE'],
  ])('is refused where it %s', async (_what, status, headers, code) => {
    const url = await webServer(testFolder({}), (_request, response) => response.writeHead(status, headers).end());
    await using source = httpSource(url);
    expect(await codeOf(visited(source))).toBe(code);
  });

  it('is read no further than a file may be long', async () => {
    let sent = 0;
    const url = await webServer(testFolder({}), (_request, response) => {
      const more = (): void => {
        sent += 2 ** 20;
        if (response.write(Buffer.alloc(2 ** 20, '['))) setImmediate(more);
      };
      response.on('drain', more);
      more();
    });
    await using source = httpSource(url);
    expect(await codeOf(visited(source))).toBe('REGISTRY_INVALID');
    expect(sent).toBeLessThan(2 ** 28);
  });

  it('is refused where nobody answers', async () => {
    await using source = httpSource(new URL('http://127.0.0.1:9/'));
    expect(await codeOf(visited(source))).toBe('REGISTRY_UNREACHABLE');
  });
});
