import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { createSigningKey } from '../trust/index.ts';
import { signRole } from './envelope.ts';
import { testMemory, testPackage } from './testing/registries.ts';
import { author, built, codeOf, dayMs, key, registryOf, start, visit } from './testing/visits.ts';

const stranger = createSigningKey();

/** Changes a file of a registry's metadata, keeping its form, with the signatures that it had or other ones. */
function edit(file: string, change: (content: Record<string, never>) => void): void {
  const content: Record<string, never> = JSON.parse(readFileSync(file, 'utf8'));
  change(content);
  writeFileSync(file, `${JSON.stringify(content)}\n`);
}

describe('a registry that is not what its owner published', () => {
  /** What somebody does to a copy of the second of two builds, both of which the client may have seen. */
  interface Attack {
    readonly attack: string;
    readonly code: string;
    /** Whether the client has seen the second build. Default: it never saw the registry. */
    readonly seen?: true;
    readonly now?: number;
    readonly accept?: false;
    readonly meant?: readonly string[];
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
    {
      attack: 'a registry that was never seen, where another is meant',
      code: 'REGISTRY_FOREIGN_KEY',
      meant: [author.publicKey.id],
    },
    {
      attack: 'a registry that is known, where another is meant',
      code: 'REGISTRY_FOREIGN_KEY',
      seen: true,
      meant: [author.publicKey.id],
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

  it.each(attacks)('is refused: $attack ($code)', async ({ code, seen, now, accept, meant, act }) => {
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
      ...(meant === undefined ? {} : { meant }),
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
