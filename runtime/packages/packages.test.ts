import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { readPluginFolder } from '../manifest/folder.ts';
import { digestOf } from '../manifest/tarball.ts';
import { manifestText, testFolder } from '../manifest/testing/folder.ts';
import { lookAlike, openPackage, packageFileName, packFolder, recordFile, requireOwnName } from './index.ts';
import { createSigningKey, privateKeyText } from '../trust/index.ts';
import { packedFrom } from './testing/tarballs.ts';

const files = {
  'plugin.yaml': manifestText(),
  'index.ts': 'export default () => ({});\n',
  'zz/bin/tool': '#!/bin/sh\n',
  'package-lock.json': '{}\n',
};
const provenance = packedFrom;
const refusal = (code: string): object => expect.objectContaining({ error: expect.objectContaining({ code }) });

function codeOf(cause: unknown): string {
  if (cause instanceof WaterflowFailure) return cause.error.code;
  throw cause;
}

function derKey(type: 'ed25519'): Uint8Array {
  return generateKeyPairSync(type).privateKey.export({ format: 'der', type: 'pkcs8' });
}

describe('a package', () => {
  it('holds the files of the folder and a record of them', async () => {
    const folder = testFolder(files);
    chmodSync(join(folder, 'zz/bin/tool'), 0o755);
    const { bytes, digest, manifest } = await packFolder(folder, { provenance });
    const opened = await openPackage(bytes);
    expect(opened).toMatchObject({ digest, manifest, manifestText: files['plugin.yaml'] });
    expect(opened.files.map(({ path }) => path)).toEqual([
      'index.ts',
      'package-lock.json',
      'plugin.yaml',
      recordFile,
      'zz/bin/tool',
    ]);
    expect(opened.record).toMatchObject({
      name: 'acme-tool',
      version: '1.2.0',
      provenance: {
        ...provenance,
        inputs: [
          { path: 'package-lock.json', sha256: 'ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356' },
        ],
      },
    });
    expect(opened.record.files.map(({ path, executable }) => [path, executable])).toEqual([
      ['index.ts', false],
      ['package-lock.json', false],
      ['plugin.yaml', false],
      ['zz/bin/tool', true],
    ]);
    expect(packageFileName(manifest)).toBe('acme-tool-1.2.0.tgz');
  });

  it('says nothing of the Node that packed it; one of an earlier version that does is taken as it is', async () => {
    const { files: packed, digest } = await packFolder(testFolder(files), { provenance });
    const record = packed.find(({ path }) => path === recordFile)?.bytes.toString();
    expect(record).toContain('"builder": {\n      "waterflow": "0.1.0"\n    }');
    const earlier = { builder: { waterflow: '0.1.0', node: 'v24.0.0' } };
    const before = await packFolder(testFolder(files), { provenance: earlier });
    expect(before.digest).not.toBe(digest);
    expect((await openPackage(before.bytes)).record.provenance).toMatchObject(earlier);
  });

  it.each([
    ['alice.key', privateKeyText(createSigningKey(), undefined), 'it holds a private key'],
    ['lib/sealed.pem', privateKeyText(createSigningKey(), 'a passphrase'), 'it holds a private key'],
    ['src/.env', '', 'programs keep secrets in files of that name'],
    ['.env.production', '', 'programs keep secrets in files of that name'],
    ['.npmrc', '', 'programs keep secrets in files of that name'],
    ['.ENV', '', 'programs keep secrets in files of that name'],
    ['home/.aws/credentials', '', 'programs keep secrets in files of that name'],
    ['store.p12', '', 'programs keep secrets in files of that name'],
    ['lib/raw', derKey('ed25519'), 'it holds a private key'],
  ])('is not made with %s in it', async (path, text, why) => {
    await expect(packFolder(testFolder({ ...files, [path]: text }), { provenance })).rejects.toMatchObject({
      error: { code: 'PACKAGE_PRIVATE_FILE', message: `${path} would be a part of the package: ${why}` },
    });
  });

  it('is made with what is there to be given away', async () => {
    const { publicKey } = createSigningKey();
    const given = { ...files, 'alice.pub': publicKey.text, '.env.example': 'TOKEN=', 'env.ts': '' };
    expect((await packFolder(testFolder(given), { provenance })).files).toHaveLength(8);
  });

  it('unpacked is a folder with its digest', async () => {
    const { bytes, digest } = await packFolder(testFolder(files), { provenance });
    const unpacked = testFolder({});
    for (const { path, bytes: content, executable } of (await openPackage(bytes)).files) {
      mkdirSync(dirname(join(unpacked, path)), { recursive: true });
      writeFileSync(join(unpacked, path), content, { mode: executable ? 0o755 : 0o644 });
    }
    expect(await digestOf(readPluginFolder(unpacked))).toBe(digest);
    await expect(packFolder(unpacked, { provenance })).rejects.toEqual(refusal('PLUGIN_INVALID'));
  });

  it.each([
    ['a name that others could not read', { 'naïve.txt': '' }, 'PACKAGE_PATH_CHARACTERS'],
    ['two cases of a name', { 'INDEX.ts': '' }, 'PACKAGE_NAME_COLLISION'],
    ['a name too long for a header', { ['x'.repeat(101)]: '' }, 'PACKAGE_PATH_TOO_LONG'],
    ['code that would not load', { 'index.ts': 'enum A { B }' }, 'PLUGIN_INVALID'],
  ])('is not made of a folder with %s', async (_what, more, code) => {
    await expect(packFolder(testFolder({ ...files, ...more }), { provenance })).rejects.toEqual(refusal(code));
  });

  it('holds the longest path that a header can', async () => {
    const path = `${'d'.repeat(77)}/${'e'.repeat(77)}/${'f'.repeat(100)}`;
    const { bytes } = await packFolder(testFolder({ ...files, [path]: '' }), { provenance });
    expect((await openPackage(bytes)).files.map((file) => file.path)).toContain(path);
  });

  it('of any files is what was packed', async () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', 'b', 'B', '.', '-', ' ', '~', '7'), minLength: 1, maxLength: 30 })
      .filter((text) => !/^ |[. ]$/.test(text));
    const path = fc
      .array(name, { minLength: 1, maxLength: 6 })
      .map((names) => names.join('/'))
      // Fits into a header's name, with a number before it.
      .filter((text) => text.length <= 98);
    const file = fc.tuple(path, fc.uint8Array({ maxLength: 1500 }));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(file, { selector: ([path]) => path, maxLength: 4 }), async (more) => {
        const apart = Object.fromEntries(more.map(([path, bytes], index) => [`${index}/${path}`, bytes]));
        const folder = testFolder({ ...files, ...apart });
        const packed = await packFolder(folder, { provenance });
        const opened = await openPackage(packed.bytes);
        expect(opened.digest).toBe(packed.digest);
        expect(opened.files.filter((file) => file.path !== recordFile)).toEqual(readPluginFolder(folder));
      }),
      { numRuns: 25 },
    );
  });

  it('with any byte changed or cut off is refused, or the same', async () => {
    const { bytes, digest } = await packFolder(testFolder(files), { provenance });
    const damage = fc.oneof(
      fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        return changed;
      }),
      fc.nat(bytes.length - 1).map((length) => bytes.subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (damaged) => {
        const outcome = await openPackage(damaged).then((opened) => opened.digest, codeOf);
        expect([digest, expect.stringMatching(/^PACKAGE_/)]).toContainEqual(outcome);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a name', () => {
  it.each([
    ['htttp', 'http'],
    ['hltp', 'http'],
    ['htp', 'http'],
    ['htpt', 'http'],
    ['h-ttp', 'http'],
    ['n0tify', 'notify'],
    ['notlfy', 'notify'],
    ['nnotify', 'notify'],
    ['docker-cornpose', 'docker-compose'],
    ['dockercompose', 'docker-compose'],
    ['1f', 'if'],
  ])('%s looks like %s', (name, other) => {
    expect(lookAlike(name, other)).toBe(true);
    expect(() => requireOwnName(name, { builtIn: ['run', other] })).toThrow(refusal('PACKAGE_NAME_CONFUSABLE'));
    expect(() => requireOwnName(name, { builtIn: [], others: [other] })).toThrow(refusal('PACKAGE_NAME_CONFUSABLE'));
  });

  it.each([
    ['https2', 'http'],
    ['httpd2', 'http'],
    ['copy-1', 'copy-2'],
    ['ran', 'run'],
    ['acme-http', 'http'],
    ['ph', 'http'],
  ])('%s does not look like %s', (name, other) => {
    expect(lookAlike(name, other)).toBe(false);
    expect(() => requireOwnName(name, { builtIn: [other], others: [other] })).not.toThrow();
  });

  it.each([
    ['http2', 'http'],
    ['http0', 'http'],
    ['checkout1', 'checkout'],
    ['d0ckerr', 'docker'],
    ['n0tifyy', 'notify'],
    ['cache-3', 'cache'],
  ])('%s is too near to the node %s, and would not be to a plugin of that name', (name, other) => {
    expect(() => requireOwnName(name, { builtIn: [other] })).toThrow(refusal('PACKAGE_NAME_CONFUSABLE'));
    expect(() => requireOwnName(name, { builtIn: [], others: [other] })).not.toThrow();
  });

  it('is taken by a built-in node, and stays that of the plugin that has it', () => {
    expect(() => requireOwnName('http', { builtIn: ['http'] })).toThrow(refusal('PACKAGE_NAME_CONFUSABLE'));
    expect(() => requireOwnName('acme', { builtIn: ['http'], others: ['acme'] })).not.toThrow();
  });
});
