import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, describe, expect, it } from 'vitest';
import { folderEntries, writeArchive } from '../cli/release/archive.ts';
import { isSignedBy, readSums, signSums, sumsText } from '../cli/release/sums.ts';
import { createSigningKey } from '../runtime/trust/index.ts';
import { isPrunedFile } from './release/pruned.ts';
import { billOfMaterials } from './release/sbom.ts';
import { copyTracked } from './release/sources.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-release-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const place = (): string => mkdtempSync(join(scratch, 'place-'));
const form = { folder: 'product-1', time: new Date('2026-11-30T12:00:00Z'), compression: 'gzip' } as const;

describe('an archive', () => {
  /** The same files, made in another order, at another time, for another group of users. */
  function tree(names: readonly string[], given: { readonly mode: number; readonly time: Date }): string {
    const folder = place();
    for (const name of names) {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true, mode: 0o777 });
      writeFileSync(file, name, { mode: given.mode });
      utimesSync(file, given.time, given.time);
    }
    symlinkSync('a/b', join(folder, 'link'));
    return folder;
  }

  async function packed(folder: string): Promise<Buffer> {
    const file = join(place(), 'a.tar.gz');
    await writeArchive(file, await folderEntries('', folder), form);
    return readFileSync(file);
  }

  it('is the same of the same files, whatever their times, their order and who may read them', async () => {
    const long = `c/${'long'.repeat(40)}/d`;
    const one = tree(['a/b', 'A', long], { mode: 0o644, time: new Date(0) });
    const other = tree([long, 'A', 'a/b'], { mode: 0o600, time: new Date() });
    const bytes = await packed(one);
    expect(await packed(other)).toEqual(bytes);
    const file = join(place(), 'a.tar.gz');
    writeFileSync(file, bytes);
    const listed = execFileSync('tar', ['-tvzf', file, '--utc', '--numeric-owner'], { encoding: 'utf8' });
    const lines = listed.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/ +/gu, ' '))).toEqual([
      '-rw-r--r-- 0/0 1 2026-11-30 12:00 product-1/A',
      '-rw-r--r-- 0/0 3 2026-11-30 12:00 product-1/a/b',
      `-rw-r--r-- 0/0 ${long.length} 2026-11-30 12:00 product-1/${long}`,
      'lrwxr-xr-x 0/0 0 2026-11-30 12:00 product-1/link -> a/b',
    ]);
  });

  it('differs where a byte, a name or the right to execute differs', async () => {
    const same = { mode: 0o644, time: new Date(0) };
    const bytes = gunzipSync(await packed(tree(['a'], same)));
    expect(gunzipSync(await packed(tree(['b'], same)))).not.toEqual(bytes);
    expect(gunzipSync(await packed(tree(['a'], { ...same, mode: 0o744 })))).not.toEqual(bytes);
  });
});

describe('the sources of a release', () => {
  const git = (cwd: string, ...argv: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...argv], { cwd });

  function repository(): string {
    const folder = place();
    git(folder, 'init', '-q');
    writeFileSync(join(folder, 'tool'), '', { mode: 0o700 });
    writeFileSync(join(folder, 'text'), '', { mode: 0o600 });
    git(folder, 'add', '.');
    git(folder, 'commit', '-qm', 'one');
    return folder;
  }

  it('are what is committed, with the modes that git knows', () => {
    const folder = repository();
    const copy = join(place(), 'copy');
    const { built, time } = copyTracked(folder, copy, { allowChanges: false });
    const modes = ['tool', 'text'].map((name) => (statSync(join(copy, name)).mode & 0o777).toString(8));
    expect(modes).toEqual(['755', '644']);
    expect(built).toEqual({
      commit: execFileSync('git', ['rev-parse', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim(),
      committed_at: time.toISOString(),
      modified: false,
    });
  });

  it('are refused with changes, or marked', () => {
    const folder = repository();
    writeFileSync(join(folder, 'text'), 'changed');
    expect(() => copyTracked(folder, join(place(), 'copy'), { allowChanges: false })).toThrow('M text');
    expect(copyTracked(folder, join(place(), 'copy'), { allowChanges: true }).built.modified).toBe(true);
  });
});

describe('what is left out of packages', () => {
  const platform = { os: 'linux', cpu: 'x64' } as const;

  it.each([
    ['@temporalio/core-bridge', 'releases/x86_64-unknown-linux-gnu/index.node', false],
    ['@temporalio/core-bridge', 'releases/aarch64-unknown-linux-gnu/index.node', true],
    ['@temporalio/core-bridge', 'sdk-core/core/src/lib.rs', true],
    ['isolated-vm', 'prebuilds/linux-x64/isolated-vm.abi137.glibc.node', false],
    ['isolated-vm', 'prebuilds/linux-x64/isolated-vm.abi137.musl.node', true],
    ['koa', 'lib/application.js', false],
    ['koa', 'Readme.md', true],
    ['koa', 'LICENSE.md', false],
    ['webpack', 'lib/test/x.js', false],
    ['webpack', 'test/x.js', true],
    ['webpack', 'types.d.ts', true],
  ])('of %s, %s: %s', (name, path, expected) => {
    expect(isPrunedFile(name, path, platform)).toBe(expected);
  });
});

describe('checksums', () => {
  const sums = new Map([
    ['b', 'b'.repeat(64)],
    ['a/c', 'a'.repeat(64)],
  ]);

  it('are read as they were written, and no other way', () => {
    const text = sumsText(sums);
    expect(text).toBe(`${'a'.repeat(64)}  a/c\n${'b'.repeat(64)}  b\n`);
    expect(readSums(text)).toEqual(new Map([...sums].toReversed()));
    const line = (name: string) => `${'a'.repeat(64)}  ${name}\n`;
    for (const wrong of [
      line('../x'),
      line('/x'),
      line('a//b'),
      line('./x'),
      line('x').trim(),
      line('x').repeat(2),
      'x',
    ]) {
      expect(readSums(wrong), wrong).toBeUndefined();
    }
  });

  it('are signed by one key, for one text', () => {
    const key = createSigningKey();
    const text = sumsText(sums);
    const signature = signSums(text, key);
    expect(isSignedBy(text, signature, key.publicKey)).toBe(true);
    expect(isSignedBy(`${text}\n`, signature, key.publicKey)).toBe(false);
    expect(isSignedBy(text, signature, createSigningKey().publicKey)).toBe(false);
  });
});

describe('the bill of materials', () => {
  const debian = {
    name: 'bubblewrap',
    version: '0.8.0-2+deb12u1',
    architecture: 'amd64',
    source: 'bubblewrap',
    source_version: '0.8.0-2+deb12u1',
    copyright: '',
  };
  const dependency = { place: 'node_modules/@koa/router', name: '@koa/router', version: '1.0.0' };
  const parts = {
    version: '1.0.0',
    built: { commit: 'c'.repeat(40), committed_at: '2026-11-30T12:00:00.000Z', modified: false },
    platform: 'linux-x64',
    npm: [
      { ...dependency, licence: 'MIT', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` },
      { ...dependency, place: 'node_modules/a/node_modules/@koa/router', licence: 'MIT', integrity: undefined },
      { ...dependency, name: 'odd', licence: '(MIT OR Apache-2.0)', integrity: undefined },
    ],
    bundled: [],
    node: { version: '24.0.0', sha256: 'a'.repeat(64) },
    debian: [debian, debian],
    quickjs: { version: '0.16.2' },
  };

  it('fits the schema of CycloneDX 1.6, and names each part once', () => {
    const bom = JSON.parse(billOfMaterials(parts)) as { components: readonly { readonly purl: string }[] };
    const schemas = dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'));
    const read = (name: string) =>
      JSON.parse(readFileSync(join(schemas, 'res', 'schema', `${name}.SNAPSHOT.schema.json`), 'utf8')) as object; // The standard's own.
    const ajv = new Ajv({ strict: false });
    for (const name of ['spdx', 'jsf-0.82']) {
      ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
    }
    addFormats.default(ajv);
    // Formats of draft 2019-09 that ajv-formats doesn't know; nothing that we write has one of them but addresses.
    ajv.addFormat('idn-email', true).addFormat('iri-reference', true);
    const validate = ajv.compile(read('bom-1.6'));
    expect({ valid: validate(bom), errors: validate.errors }).toEqual({ valid: true, errors: null });
    expect(bom.components.map(({ purl }) => purl).toSorted()).toEqual([
      'pkg:deb/debian/bubblewrap@0.8.0-2%2Bdeb12u1?arch=amd64',
      'pkg:generic/node@24.0.0',
      'pkg:generic/quickjs-ng@0.16.2',
      'pkg:npm/%40koa/router@1.0.0',
      'pkg:npm/odd@1.0.0',
    ]);
  });

  it('is the same for the same parts', () => {
    expect(billOfMaterials(parts)).toBe(billOfMaterials(structuredClone(parts)));
  });
});
