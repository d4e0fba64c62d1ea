import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { readBuiltInShelf, readPluginManifest, readShelf } from './shelf.ts';
import { manifestText, testFolder } from './testing/folder.ts';

it('reads no plugin.yaml that is a link, which would be a file of anywhere', () => {
  const folder = testFolder({ 'tool/index.ts': '' });
  writeFileSync(join(folder, 'elsewhere.yaml'), manifestText(''));
  symlinkSync('../elsewhere.yaml', join(folder, 'tool/plugin.yaml'));
  const tool = testFolder({ 'plugin.yaml': manifestText('') });
  expect(readPluginManifest(tool)).toHaveProperty('manifest');
  const { plugins, broken } = readShelf(folder);
  expect(plugins).toEqual([]);
  expect(broken).toMatchObject([
    { errors: [{ code: 'PLUGIN_INVALID', message: expect.stringContaining('it is a symbolic link') }] },
  ]);
});

it('reads no plugin through a link in the place of its folder, and says so', () => {
  const folder = testFolder({});
  symlinkSync(testFolder({ 'plugin.yaml': manifestText('') }), join(folder, 'tool'));
  symlinkSync('round', join(folder, 'round'));
  const { plugins, broken } = readShelf(folder);
  expect(plugins).toEqual([]);
  const [round, tool] = broken;
  expect(round).toMatchObject({ folder: join(folder, 'round') });
  expect(tool).toMatchObject({ errors: [{ message: expect.stringContaining('it is a symbolic link') }] });
});

it('looks at nothing of what is being installed', () => {
  const folder = testFolder({ '.staging/plugin.yaml': 'no manifest' });
  expect(readShelf(folder)).toEqual({ plugins: [], broken: [] });
});

it('takes a file, or a folder without plugin.yaml, for no plugin, and no folder for none', () => {
  const folder = testFolder({ tool: '', 'notes/plugin.md': '' });
  expect(readShelf(folder)).toEqual({ plugins: [], broken: [] });
  expect(readShelf(join(folder, 'none') as AbsolutePath)).toEqual({ plugins: [], broken: [] });
  expect(() => readShelf(join(folder, 'tool') as AbsolutePath)).toThrow(
    expect.objectContaining({ error: expect.objectContaining({ code: 'STORAGE_FAILED' }) }),
  );
});

describe('the nodes that come with Waterflow', () => {
  it('are known by their folders, and read when they are asked for', () => {
    const folder = testFolder({ 'notes.txt': '', 'one/plugin.yaml': '', 'two/notes.txt': '' });
    const nodes = readBuiltInShelf(folder);
    expect(nodes.map(({ name }) => name)).toEqual(['one']);
    writeFileSync(join(folder, 'one/plugin.yaml'), manifestText('').replace(/^name: .*$/mu, 'name: one'));
    expect(nodes[0]?.manifest).toMatchObject({ name: 'one' });
    writeFileSync(join(folder, 'one/plugin.yaml'), '');
    expect(nodes[0]?.manifest).toMatchObject({ name: 'one' });
  });

  it.each([
    ['is broken', 'name: [', /must be sufficiently indented/u],
    ['has another name', manifestText(''), /`name` must be one, as its folder is called/u],
  ])('are refused where a manifest %s', (_what, text, words) => {
    const [node] = readBuiltInShelf(testFolder({ 'one/plugin.yaml': text }));
    expect(() => node?.manifest).toThrow(
      expect.objectContaining({
        error: expect.objectContaining({ code: 'PLUGIN_INVALID', message: expect.stringMatching(words) }),
      }),
    );
  });
});
