import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { maxSourceBytes } from './code.ts';
import { maxFolderBytes, readPluginFolder } from './folder.ts';
import { loadPlugin } from './load.ts';
import { digestOf, packPlugin, unpackPlugin } from './tarball.ts';
import { manifestText, testFolder } from './testing/folder.ts';

const source =
  "import { helper } from './lib/helper.ts';\nexport default async (inputs: { a: string }): Promise<object> => ({ path: helper(inputs.a) });\n";
const files = {
  'plugin.yaml': manifestText(),
  'index.ts': source,
  'lib/helper.ts': 'export const helper = (text: string): string => text;\n',
};

const wrong = (message: string): object =>
  expect.objectContaining({
    error: expect.objectContaining({ code: 'PLUGIN_INVALID', message: expect.stringContaining(message) }),
  });

describe('a plugin', () => {
  it('is loaded with its types stripped, line by line', async () => {
    const plugin = await loadPlugin(testFolder({ ...files, 'lib/types.d.ts': 'x', 'index.test.ts': 'enum A {}' }), {
      origin: 'local',
    });
    if (plugin.code.runtime !== 'isolate') throw new TypeError('it must be an isolate');
    expect(plugin).toMatchObject({ identity: { name: 'acme-tool', version: '1.2.0' }, origin: 'local' });
    expect(Object.keys(plugin.code.modules)).toEqual(['index.ts', 'lib/helper.ts']);
    expect(plugin.code.modules['index.ts']).not.toContain('string');
    expect(plugin.code.modules['index.ts']?.split('\n')).toHaveLength(source.split('\n').length);
  });

  it('has nothing of a folder that says it is a cache, and all of one that only has such a file', async () => {
    const signature = 'Signature: 8a477f597d28d172789f06886806bc55\n# made by a tool\n';
    const folder = testFolder({
      ...files,
      'target/CACHEDIR.TAG': signature,
      'target/x/big.o': 'x',
      'CACHEDIR.TAG': signature,
    });
    expect(readPluginFolder(folder).map(({ path }) => path)).toEqual(
      ['CACHEDIR.TAG', ...Object.keys(files).sort()].sort(),
    );
    const other = testFolder({ ...files, 'target/CACHEDIR.TAG': signature.toLowerCase() });
    expect(readPluginFolder(other).map(({ path }) => path)).toContain('target/CACHEDIR.TAG');
  });

  it('stays what was hashed when its folder changes', async () => {
    const folder = testFolder(files);
    const plugin = await loadPlugin(folder, { origin: 'local' });
    writeFileSync(join(folder, 'index.ts'), 'export default 1;');
    if (plugin.code.runtime !== 'isolate') throw new TypeError('it must be an isolate');
    expect(plugin.code.modules['index.ts']).toContain('helper');
    expect(() => Object.assign(plugin.manifest, { name: 'other' })).toThrow(TypeError);
    expect(() => Object.assign(plugin.identity, { digest: 'other' })).toThrow(TypeError);
    expect((await loadPlugin(folder, { origin: 'local' })).identity.digest).not.toBe(plugin.identity.digest);
  });

  it("of WebAssembly keeps its module's bytes", async () => {
    const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const yaml = manifestText().replace('runtime: isolate', 'runtime: wasm').replace('index.ts', 'plugin.wasm');
    const plugin = await loadPlugin(
      testFolder({ 'plugin.yaml': yaml, 'plugin.wasm': module, 'assembly/index.ts': 'enum A {}' }),
      { origin: 'local' },
    );
    expect(plugin.code).toEqual({ runtime: 'wasm', abi: 'waterflow', entry: 'run', config: {}, module });
    await expect(
      loadPlugin(testFolder({ 'plugin.yaml': yaml, 'plugin.wasm': 'text' }), { origin: 'local' }),
    ).rejects.toEqual(wrong('not a WebAssembly module'));
  });

  it.each([
    ['no manifest', { 'index.ts': '' }, 'there is no plugin.yaml'],
    ['no main', { 'plugin.yaml': manifestText() }, 'there is no file `index.ts`'],
    ['a mistake in its manifest', { 'plugin.yaml': `${manifestText()}nmae: x\n` }, 'unknown key `nmae`'],
    [
      "TypeScript that can't be erased",
      { ...files, 'index.ts': 'const a = 1;\nenum A { x }' },
      'enum is not supported',
    ],
    ['a source that is no text', { ...files, 'lib/x.js': new Uint8Array([0xff]) }, 'not UTF-8'],
    ['a source that is too long', { ...files, 'lib/x.js': ' '.repeat(maxSourceBytes + 1) }, 'at most'],
    [
      "a control node's manifest",
      { 'plugin.yaml': 'name: x\nversion: 1.0.0\ndescription: x\nruntime: control\n' },
      'carries out itself',
    ],
  ])('with %s is refused', async (_what, content, message) => {
    await expect(loadPlugin(testFolder(content), { origin: 'local' })).rejects.toEqual(wrong(message));
  });

  it('says where its syntax is wrong', async () => {
    const folder = testFolder({ ...files, 'index.ts': 'const a = 1;\nlet b: = 3;' });
    await expect(loadPlugin(folder, { origin: 'local' })).rejects.toMatchObject({
      error: { file: 'index.ts', line: 2, column: 8, remedy: 'Correct the syntax there.' },
    });
  });

  it("says where it has types that can't be stripped", async () => {
    const folder = testFolder({ ...files, 'index.ts': 'const a = 1;\n  enum B { C }' });
    await expect(loadPlugin(folder, { origin: 'local' })).rejects.toMatchObject({
      error: { file: 'index.ts', line: 2, column: 3, remedy: expect.stringContaining('no enums') },
    });
  });

  it('has nothing of what lies outside its folder', async () => {
    const outside = testFolder({ secret: 'x' });
    for (const make of [
      (folder: string) => symlinkSync(join(outside, 'secret'), join(folder, 'link')),
      (folder: string) => symlinkSync(outside, join(folder, 'link')),
      (folder: string) => symlinkSync('index.ts', join(folder, 'link')),
    ]) {
      const folder = testFolder(files);
      make(folder);
      await expect(loadPlugin(folder, { origin: 'local' })).rejects.toEqual(wrong('symbolic link'));
    }
    const piped = testFolder(files);
    execFileSync('mkfifo', [join(piped, 'pipe')]);
    await expect(loadPlugin(piped, { origin: 'local' })).rejects.toEqual(wrong('neither a file nor a folder'));
  });

  it('is not too large', async () => {
    const folder = testFolder({ ...files, big: '' });
    truncateSync(join(folder, 'big'), maxFolderBytes);
    await expect(loadPlugin(folder, { origin: 'local' })).rejects.toEqual(wrong('more than'));
  });
});

describe('the digest', () => {
  it('is the same for the same files, whatever their times, owners, umask and order', async () => {
    const one = testFolder(files);
    const two = testFolder(Object.fromEntries(Object.entries(files).reverse()));
    chmodSync(join(two, 'index.ts'), 0o600);
    utimesSync(join(two, 'index.ts'), 1, 1);
    mkdirSync(join(two, '.git'));
    writeFileSync(join(two, '.git/config'), 'x');
    mkdirSync(join(two, 'node_modules/x'), { recursive: true });
    mkdirSync(join(two, 'empty'));
    linkSync(join(two, 'index.ts'), join(two, 'node_modules/linked'));
    expect(await digestOf(readPluginFolder(two))).toBe(await digestOf(readPluginFolder(one)));
  });

  it('is another for another byte, name or executable bit', async () => {
    const digests = new Set<string>();
    const digestWith = async (change: (folder: string) => void): Promise<void> => {
      const folder = testFolder(files);
      change(folder);
      digests.add(await digestOf(readPluginFolder(folder)));
    };
    await digestWith(() => undefined);
    await digestWith((folder) => writeFileSync(join(folder, 'index.ts'), `${source} `));
    await digestWith((folder) => chmodSync(join(folder, 'index.ts'), 0o755));
    await digestWith((folder) => renameSync(join(folder, 'index.ts'), join(folder, 'Index.ts')));
    await digestWith((folder) => writeFileSync(join(folder, 'more'), ''));
    expect(digests.size).toBe(5);
  });

  it('is of composed names, so that macOS and Linux agree', async () => {
    const composed = testFolder({ ...files, 'caf\u00e9.txt': '' });
    const decomposed = testFolder({ ...files, 'cafe\u0301.txt': '' });
    expect(await digestOf(readPluginFolder(composed))).toBe(await digestOf(readPluginFolder(decomposed)));
    expect(() => readPluginFolder(testFolder({ 'caf\u00e9': '', 'cafe\u0301': '' }))).toThrow(wrong('two files'));
  });

  it('is of a tarball that holds exactly the files, whatever they are', async () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', 'b', '.', ' ', 'é', '😀'), minLength: 1, maxLength: 60 })
      .filter((text) => !/^\.+$/.test(text));
    const file = fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
      bytes: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      executable: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 5 }), async (given) => {
        const tarball = await packPlugin(given);
        expect(await packPlugin(given)).toEqual(tarball);
        const found: typeof given = [];
        const reader = extract();
        reader.end(tarball);
        for await (const entry of reader) {
          const chunks: Buffer[] = [];
          for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
          expect(entry.header).toMatchObject({ mtime: new Date(0), uid: 0, gid: 0, type: 'file' });
          found.push({
            path: entry.header.name,
            bytes: Buffer.concat(chunks),
            executable: entry.header.mode === 0o755,
          });
        }
        expect(found).toEqual(given);
        expect(await unpackPlugin(tarball)).toEqual(given);
      }),
      { numRuns: 50 },
    );
  });
});
