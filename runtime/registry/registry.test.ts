import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { testFolder } from '../manifest/testing/folder.ts';
import { createSigningKey } from '../trust/index.ts';
import { buildRegistry, type BuildOptions } from './build.ts';
import { openRegistry, type Registry } from './client.ts';
import { signRole } from './envelope.ts';
import { folderSource } from './folder-source.ts';
import { httpSource } from './http-source.ts';
import type { RegistryMemory, RegistrySource } from './ports.ts';
import { testMemory, testPackage, webServer, writePackage } from './testing/registries.ts';

const key = createSigningKey();
const author = createSigningKey();
const stranger = createSigningKey();
const dayMs = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');

const built = (folder: AbsolutePath, options: Partial<BuildOptions> = {}): ReturnType<typeof buildRegistry> =>
  buildRegistry(folder, { key, lifetimeMs: 30 * dayMs, now: start, ...options });

/** A registry with one package, built so often, and what each build left. */
async function registryOf(
  builds = 1,
): Promise<{ readonly folder: AbsolutePath; readonly states: readonly AbsolutePath[] }> {
  const folder = testFolder({});
  await writePackage(folder, {}, [author]);
  const states: AbsolutePath[] = [];
  for (let each = 0; each < builds; each += 1) {
    await built(folder);
    const state = testFolder({});
    cpSync(folder, state, { recursive: true });
    states.push(state);
  }
  return { folder, states };
}

interface Visit {
  readonly memory?: RegistryMemory;
  readonly now?: number;
  readonly accept?: boolean;
  /** Where it seems to lie. */
  readonly location?: string;
}

const visited = (source: RegistrySource, { memory = testMemory(), now = start, accept = true }: Visit = {}) =>
  openRegistry(source, { memory, now, accept: () => accept });
const visit = (folder: AbsolutePath, how: Visit = {}): Promise<Registry> =>
  visited({ ...folderSource(folder), ...(how.location === undefined ? {} : { location: how.location }) }, how);

async function codeOf(act: Promise<unknown>): Promise<string> {
  return await act.then(
    () => 'none',
    (error: unknown) => (error instanceof WaterflowFailure ? error.error.code : String(error)),
  );
}

/** Changes a file of a registry's metadata, keeping its form, with the signatures that it had or other ones. */
function edit(file: string, change: (content: Record<string, never>) => void): void {
  const content: Record<string, never> = JSON.parse(readFileSync(file, 'utf8'));
  change(content);
  writeFileSync(file, `${JSON.stringify(content)}\n`);
}

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

describe('a registry that is not what its owner published', () => {
  /** What somebody does to a copy of the second of two builds, both of which the client may have seen. */
  interface Attack {
    readonly attack: string;
    readonly code: string;
    /** Whether the client has seen the second build. Default: it never saw the registry. */
    readonly seen?: true;
    readonly now?: number;
    readonly accept?: false;
    readonly act?: (at: { readonly folder: AbsolutePath; readonly earlier: AbsolutePath }) => void | Promise<void>;
  }
  const metadata = (folder: string, name: string): string => join(folder, 'metadata', name);
  const copy = (from: string, to: string, ...names: readonly string[]): void => {
    for (const name of names) cpSync(metadata(from, name), metadata(to, name));
  };
  /** A whole registry of another key, made of the same packages. */
  const rebuiltBy = async (folder: AbsolutePath, other: typeof key): Promise<void> => {
    rmSync(join(folder, 'metadata'), { recursive: true });
    await built(folder, { key: other });
  };
  const attacks: readonly Attack[] = [
    { attack: 'an old index, long after', code: 'REGISTRY_FROZEN', now: start + 31 * dayMs },
    {
      attack: 'a timestamp that is good beside an index that is over',
      code: 'REGISTRY_EXPIRED',
      now: start + 31 * dayMs,
      act: ({ folder }) => {
        const { signed } = JSON.parse(readFileSync(metadata(folder, 'timestamp.json'), 'utf8'));
        const expires = new Date(start + 90 * dayMs).toISOString();
        writeFileSync(metadata(folder, 'timestamp.json'), signRole({ ...signed, expires }, [key]));
      },
    },
    { attack: 'a root that is over', code: 'REGISTRY_EXPIRED', now: start + 400 * dayMs },
    {
      attack: 'the build before',
      code: 'REGISTRY_ROLLED_BACK',
      seen: true,
      act: ({ folder, earlier }) => copy(earlier, folder, 'timestamp.json'),
    },
    {
      attack: 'another timestamp of the same version',
      code: 'REGISTRY_ROLLED_BACK',
      seen: true,
      act: ({ folder }) => {
        const { signed } = JSON.parse(readFileSync(metadata(folder, 'timestamp.json'), 'utf8'));
        const expires = new Date(start + 29 * dayMs).toISOString();
        writeFileSync(metadata(folder, 'timestamp.json'), signRole({ ...signed, expires }, [key]));
      },
    },
    {
      attack: 'the index of one build in the place of that of another',
      code: 'REGISTRY_MIXED',
      act: ({ folder, earlier }) => cpSync(metadata(earlier, '1.index.json'), metadata(folder, '2.index.json')),
    },
    {
      attack: 'the snapshot of one build in the place of that of another',
      code: 'REGISTRY_MIXED',
      act: ({ folder, earlier }) => cpSync(metadata(earlier, '1.snapshot.json'), metadata(folder, '2.snapshot.json')),
    },
    {
      attack: 'an index that was edited',
      code: 'REGISTRY_MIXED',
      act: ({ folder }) => edit(metadata(folder, '2.index.json'), (content) => Object.assign(content, { more: 1 })),
    },
    {
      attack: 'a timestamp that was edited',
      code: 'REGISTRY_FOREIGN_KEY',
      act: ({ folder }) => {
        const text = readFileSync(metadata(folder, 'timestamp.json'), 'utf8');
        writeFileSync(metadata(folder, 'timestamp.json'), text.replaceAll('2026-', '2027-'));
      },
    },
    {
      attack: 'a timestamp that another key signed',
      code: 'REGISTRY_FOREIGN_KEY',
      act: ({ folder }) => {
        const { signed } = JSON.parse(readFileSync(metadata(folder, 'timestamp.json'), 'utf8'));
        writeFileSync(metadata(folder, 'timestamp.json'), signRole(signed, [stranger]));
      },
    },
    {
      attack: 'the signature that the key made of another role',
      code: 'REGISTRY_FOREIGN_KEY',
      act: ({ folder }) => {
        const { signatures } = JSON.parse(readFileSync(metadata(folder, '2.index.json'), 'utf8'));
        edit(metadata(folder, 'timestamp.json'), (content) => Object.assign(content, { signatures }));
      },
    },
    {
      attack: 'another registry where this one was',
      code: 'REGISTRY_FOREIGN_KEY',
      seen: true,
      act: ({ folder }) => rebuiltBy(folder, stranger),
    },
    {
      attack: 'a new root that the old key has not signed',
      code: 'REGISTRY_FOREIGN_KEY',
      act: ({ folder }) => {
        const { signed } = JSON.parse(readFileSync(metadata(folder, '1.root.json'), 'utf8'));
        const { id, text } = stranger.publicKey;
        const roles = { root: id, index: id, snapshot: id, timestamp: id };
        const root = { ...signed, version: 2, keys: { [id]: text }, roles };
        writeFileSync(metadata(folder, '2.root.json'), signRole(root, [stranger]));
      },
    },
    {
      attack: "another key under the id of the registry's",
      code: 'REGISTRY_FOREIGN_KEY',
      act: ({ folder }) => {
        const { signed } = JSON.parse(readFileSync(metadata(folder, '1.root.json'), 'utf8'));
        const forged = { ...stranger, publicKey: { ...stranger.publicKey, id: key.publicKey.id } };
        const root = { ...signed, keys: { [key.publicKey.id]: stranger.publicKey.text } };
        writeFileSync(metadata(folder, '1.root.json'), signRole(root, [forged]));
      },
    },
    { attack: 'a registry that nobody named', code: 'REGISTRY_UNKNOWN', accept: false },
    {
      attack: 'a registry without its timestamp',
      code: 'REGISTRY_UNREACHABLE',
      act: ({ folder }) => rmSync(metadata(folder, 'timestamp.json')),
    },
    {
      attack: 'a timestamp in another form of the same JSON',
      code: 'REGISTRY_INVALID',
      act: ({ folder }) => {
        const content: unknown = JSON.parse(readFileSync(metadata(folder, 'timestamp.json'), 'utf8'));
        writeFileSync(metadata(folder, 'timestamp.json'), JSON.stringify(content, null, 1));
      },
    },
    {
      attack: 'a page in the place of the timestamp',
      code: 'REGISTRY_INVALID',
      act: ({ folder }) => writeFileSync(metadata(folder, 'timestamp.json'), '<html>'),
    },
    {
      attack: 'a timestamp without end',
      code: 'REGISTRY_INVALID',
      act: ({ folder }) => writeFileSync(metadata(folder, 'timestamp.json'), Buffer.alloc(2 ** 20, '[')),
    },
  ];

  it.each(attacks)('is refused: $attack ($code)', async ({ code, seen, now, accept, act }) => {
    const { states } = await registryOf(2);
    const [earlier, folder] = states;
    if (earlier === undefined || folder === undefined) throw new TypeError('there are two builds');
    const memory = testMemory();
    if (seen === true) await visit(folder, { memory, location: 'here' });
    await act?.({ folder, earlier });
    const how = {
      memory,
      location: 'here',
      ...(now === undefined ? {} : { now }),
      ...(accept === undefined ? {} : { accept }),
    };
    expect(await codeOf(visit(folder, how))).toBe(code);
  });

  it('is refused where its index went back under a newer timestamp', async () => {
    const { states } = await registryOf(2);
    const [earlier, folder] = states;
    if (earlier === undefined || folder === undefined) throw new TypeError('there are two builds');
    const memory = testMemory();
    await visit(folder, { memory, location: 'here' });
    const { signed } = JSON.parse(readFileSync(join(earlier, 'metadata/timestamp.json'), 'utf8'));
    writeFileSync(join(earlier, 'metadata/timestamp.json'), signRole({ ...signed, version: 3 }, [key]));
    expect(await codeOf(visit(earlier, { memory, location: 'here' }))).toBe('REGISTRY_ROLLED_BACK');
  });

  it('is refused wherever a byte of it is another one, and nothing of that is remembered', async () => {
    const { folder } = await registryOf();
    const names = ['1.root.json', 'timestamp.json', '1.snapshot.json', '1.index.json'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, at, change) => {
          const file = metadata(folder, name);
          const before = readFileSync(file);
          const changed = Buffer.from(before);
          const index = at % changed.length;
          changed[index] = (changed[index] ?? 0) ^ change;
          writeFileSync(file, changed);
          const memory = testMemory();
          const code = await codeOf(visit(folder, { memory, location: 'here' }));
          writeFileSync(file, before);
          expect(code).toMatch(/^REGISTRY_/u);
          expect(memory.at('here')).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives no package that is another one, shorter or longer', async () => {
    const { folder } = await registryOf();
    const registry = await visit(folder);
    const [indexed] = registry.packages;
    if (indexed === undefined) throw new TypeError('there is no package');
    const other = await testPackage({ code: 'export default () => ({ a: 1 });' }, [author]);
    const own = readFileSync(join(folder, 'acme-tool-1.2.0.tgz'));
    for (const bytes of [other.bytes, own.subarray(1), Buffer.concat([own, own])]) {
      writeFileSync(join(folder, 'acme-tool-1.2.0.tgz'), bytes);
      expect(await codeOf(registry.fetch(indexed))).toBe('REGISTRY_FILE_SWAPPED');
    }
    rmSync(join(folder, 'acme-tool-1.2.0.tgz'));
    expect(await codeOf(registry.fetch(indexed))).toBe('REGISTRY_UNREACHABLE');
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
