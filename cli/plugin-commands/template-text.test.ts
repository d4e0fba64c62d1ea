import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPluginFolder, readPluginManifest } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { makeFolder } from '../plugin-new/make-folder.ts';
import { templates, templatesFolder } from '../plugin-new/templates.ts';
import { templateText } from './template-text.ts';

/** A new plugin of a template, some of whose files are written anew, and what is found in it. */
function findingsIn(template: string, changes: Readonly<Record<string, (text: string) => string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-text-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const folder = join(cwd, 'count') as AbsolutePath; // Below an absolute folder.
  makeFolder({ template: join(templatesFolder, template) as AbsolutePath, folder, name: 'count' });
  for (const [path, change] of Object.entries(changes))
    writeFileSync(join(folder, path), change(readFileSync(join(folder, path), 'utf8')));
  const read = readPluginManifest(folder);
  if ('errors' in read) throw new TypeError(read.errors.map(({ message }) => message).join('; '));
  return templateText(
    { files: readPluginFolder(folder), manifest: read.manifest, shown: (path) => path },
    templatesFolder,
  );
}

const described = (text: string): string => text.replace(/^description: .*$/m, 'description: Counts words.');
const other = (text: string): string =>
  described(text)
    .replaceAll(/\bname:$/gm, 'text:')
    .replaceAll('greeting:', 'count:');

describe('the text of a template', () => {
  it.each(templates.map(({ name }) => name))('is right in a new plugin in %s', (name) => {
    expect(findingsIn(name)).toEqual([]);
  });

  it.each(templates.map(({ name }) => name))('is found in the README of another plugin in %s', (name) => {
    expect(findingsIn(name, { 'plugin.yaml': described })).toMatchObject([
      { code: 'PLUGIN_UNDOCUMENTED', severity: 'warning', file: 'README.md', line: 3 },
    ]);
  });

  it('is found where it gives an input, an output or a file that is no longer there', () => {
    const readme = (text: string): string => text.replace(/^Greets .*$/m, 'Counts words.');
    const found = findingsIn('ts', { 'plugin.yaml': other, 'README.md': readme });
    expect(found).toMatchObject([
      { file: 'README.md', line: 8, message: expect.stringContaining('there is no input `name`') },
      { file: 'workflow.yml', line: 7, message: expect.stringContaining('there is no input `name`; so are ') },
    ]);
  });

  it('is no longer found once it says what the plugin does', () => {
    const own = (text: string): string =>
      text.replace(/^Greets .*$/m, 'Counts words.').replaceAll('--input name=Ada', '--input text=x');
    const example = (text: string): string =>
      text.replaceAll('name:', 'text:').replaceAll('.name', '.text').replaceAll('.greeting', '.count');
    expect(findingsIn('ts', { 'plugin.yaml': other, 'README.md': own, 'workflow.yml': example })).toEqual([]);
  });
});
