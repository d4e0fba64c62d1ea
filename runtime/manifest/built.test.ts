import { describe, expect, it } from 'vitest';
import { buildRecordFile, findBuilt, pathOfMain, sha256Of, unusedBuild } from './built.ts';
import type { PluginFile } from './folder.ts';

const wanted = { runtime: 'wasm', main: './plugin.wasm', limits: { memory: '32MiB' } } as const;

function filesOf(texts: Readonly<Record<string, string>>): readonly PluginFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text), executable: false }));
}

const sources = { 'src/a.c': 'a', 'src/b.c': 'b' };
/** A folder with a build of it, in which some files are others; undefined: it is gone. */
function builtWith(changed: Readonly<Record<string, string | undefined>> = {}, record: object = {}) {
  const made = {
    version: 1,
    target: 'wasm',
    main: 'plugin.wasm',
    memory_bytes: 32 * 1024 ** 2,
    sha256: sha256Of(Buffer.from('module')),
    sources: Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, sha256Of(Buffer.from(text))])),
    ...record,
  };
  const all = { ...sources, 'plugin.wasm': 'module', [buildRecordFile]: JSON.stringify(made), ...changed };
  return filesOf(
    Object.fromEntries(Object.entries(all).flatMap(([path, text]) => (text === undefined ? [] : [[path, text]]))),
  );
}

const refusal = (message: string, remedy: string = 'plugin build'): object =>
  expect.objectContaining({
    error: expect.objectContaining({ code: 'PLUGIN_INVALID', message, remedy: expect.stringContaining(remedy) }),
  });

describe('the record of a build', () => {
  it('vouches for a module that was made of what lies beside it', () => {
    expect(findBuilt(builtWith(), wanted, Object.keys(sources))?.path).toBe('plugin.wasm');
  });

  it.each([
    [{ 'src/a.c': 'A' }, 'src/a.c: it has changed since plugin.wasm was built'],
    [{ 'src/b.c': undefined }, 'src/b.c: it is gone since plugin.wasm was built'],
    [{ 'src/a.c': 'A', 'src/b.c': 'B' }, 'src/a.c: it has changed since plugin.wasm was built; also src/b.c'],
    [{ 'plugin.wasm': undefined }, 'dist/build.json: plugin.wasm is missing'],
    [{ [buildRecordFile]: '{}' }, 'dist/build.json: it is no record of a build'],
  ])('is refused beside %j', (changed, message) => {
    expect(() => findBuilt(builtWith(changed), wanted)).toThrow(refusal(message));
  });

  it.each([
    ['a list', { sources: [] }, wanted],
    ['nothing', { sources: {} }, wanted],
    ['no digests', { sources: { 'src/a.c': 1 } }, wanted],
    [
      'other files than the script itself',
      { target: 'isolate', main: 'index.ts' },
      { runtime: 'isolate', main: 'index.ts' },
    ],
  ] as const)('is none where its sources are %s', (_, record, wantedOf) => {
    expect(() => findBuilt(builtWith({ 'dist/plugin.js': 'module' }, record), wantedOf)).toThrow(
      refusal('dist/build.json: it is no record of a build'),
    );
  });

  it('is refused for a module that is another one, and says how to keep that', () => {
    const message = 'plugin.wasm: it is not what dist/build.json speaks of';
    expect(() => findBuilt(builtWith({ 'plugin.wasm': 'other' }), wanted)).toThrow(
      refusal(message, 'where other tools made plugin.wasm, remove dist/build.json'),
    );
  });

  it('is refused beside a source that is new, and with another limit of memory', () => {
    expect(() => findBuilt(builtWith(), wanted, [...Object.keys(sources), 'src/c.c'])).toThrow(
      refusal('src/c.c: it is new since plugin.wasm was built'),
    );
    expect(() => findBuilt(builtWith(), { ...wanted, limits: {} })).toThrow(
      refusal('plugin.yaml: `limits.memory` has changed since plugin.wasm was built'),
    );
    expect(findBuilt(builtWith({}, { memory_bytes: undefined }), { ...wanted, limits: {} })?.path).toBe('plugin.wasm');
  });

  it('names no more files than somebody reads', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`src/${index}.c`, 'x']));
    expect(() => findBuilt(builtWith({}, { sources: many }), wanted)).toThrow(
      refusal(
        'src/0.c: it is gone since plugin.wasm was built; also src/1.c, src/2.c, src/3.c, src/4.c, src/5.c and 3 more',
      ),
    );
  });

  it.each([
    ['another target', { target: 'isolate' }],
    ['another main', { main: 'index.ts', sources: { 'index.ts': '' } }],
  ])('of %s says nothing of what runs, and what it speaks of is left over', (_, record) => {
    const files = [
      ...builtWith({}, record),
      ...filesOf({ 'dist/plugin.js': '', 'dist/plugin.wasm': '', 'dist/x': '' }),
    ];
    expect(findBuilt(files, wanted)).toBeUndefined();
    expect(unusedBuild(files, wanted)).toEqual([buildRecordFile, 'dist/plugin.js', 'dist/plugin.wasm']);
  });

  it('of what runs is used, and the build of another target is left over', () => {
    const files = [...builtWith(), ...filesOf({ 'dist/plugin.js': '' })];
    expect(unusedBuild(files, wanted)).toEqual(['dist/plugin.js']);
    expect(unusedBuild(files, { ...wanted, main: 'dist/plugin.js', runtime: 'isolate' })).toEqual([
      'plugin.wasm',
      buildRecordFile,
    ]);
  });

  it('is needed by no module: without one nothing is left over either', () => {
    const files = builtWith({ [buildRecordFile]: undefined, 'src/a.c': 'A', 'dist/plugin.js': '' });
    expect(findBuilt(files, wanted, ['src/c.c'])).toBeUndefined();
    expect(unusedBuild(files, wanted)).toEqual([]);
  });

  it('has a main without `./`', () => {
    expect(pathOfMain('././a/./b.wasm')).toBe('a/b.wasm');
  });
});
