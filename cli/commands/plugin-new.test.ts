import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPluginManifest } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { templates } from '../plugin-new/templates.ts';
import { commandLine } from '../testing/terminal.ts';

function emptyFolder(): AbsolutePath {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-new-')) as AbsolutePath; // tmpdir() is absolute.
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  return cwd;
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();

describe('waterflow plugin new', () => {
  it.each(templates.map(({ name }) => name))(
    'makes a whole plugin of the template %s, with its name',
    async (template) => {
      const cwd = emptyFolder();
      const made = await commandLine(['plugin', 'new', 'tide-table', '--template', template, '--json'], { cwd });
      expect(made).toMatchObject({ code: 0, stderr: '' });
      const folder = join(cwd, 'tide-table') as AbsolutePath;
      const { files, next } = JSON.parse(made.stdout) as { files: readonly string[]; next: readonly string[] }; // Ours.
      expect(filesOf(folder)).toEqual(files);
      expect(next[0]).toBe('cd tide-table');
      for (const file of [
        'README.md',
        'LICENSE',
        'workflow.yml',
        '.gitignore',
        '.github/workflows/ci.yml',
        'tests/greet.yaml',
      ])
        expect(files).toContain(file);
      for (const file of files) expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(/my[-_]plugin/);
      expect(readPluginManifest(folder)).toMatchObject({ manifest: { name: 'tide-table' } });
      expect(await commandLine(['validate', join(folder, 'workflow.yml')], { cwd })).toMatchObject({ code: 0 });
    },
  );

  it('says what to do next, and what it says is enough', async () => {
    const cwd = emptyFolder();
    const made = await commandLine(['plugin', 'new', 'tide-table', '--template', 'ts'], { cwd });
    expect(made.stdout).toMatch(/Next:\n {2}cd tide-table\n {2}waterflow plugin test\n {2}waterflow run /);
    const tested = await commandLine(['plugin', 'test'], { cwd: join(cwd, 'tide-table') });
    expect(tested.stdout).toContain('3 cases: 3 passed, 0 failed');
  });

  it('asks a person which template, by its number or its name', async () => {
    const cwd = emptyFolder();
    const byNumber = await commandLine(['plugin', 'new', 'one'], { cwd, answers: ['4'] });
    expect(byNumber).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/ 4 {2}rust .*Which one \(1 to \d, or its name\)\? $/s),
    });
    expect(existsSync(join(cwd, 'one', 'Cargo.toml'))).toBe(true);
    expect(await commandLine(['plugin', 'new', 'two'], { cwd, answers: [' go '] })).toMatchObject({ code: 0 });
    expect(existsSync(join(cwd, 'two', 'go.mod'))).toBe(true);
  });

  it.each([
    ['nothing', [''], 'no template was chosen'],
    ['a number that none has', ['0'], 'there is no template `0`'],
  ])('makes nothing where the answer is %s', async (_, answers, message) => {
    const cwd = emptyFolder();
    const made = await commandLine(['plugin', 'new', 'one'], { cwd, answers });
    expect(made).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('asks nobody where nobody sits there, and says which templates there are', async () => {
    const made = await commandLine(['plugin', 'new', 'one'], { cwd: emptyFolder() });
    expect(made).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--template with one of ts, ts-wasm, assemblyscript'),
    });
  });

  it('refuses a name that no plugin can have, and proposes another', async () => {
    const cwd = emptyFolder();
    const made = await commandLine(['plugin', 'new', 'http', '--template', 'ts'], { cwd });
    expect(made).toMatchObject({ code: 2, stderr: expect.stringContaining('is a node that comes with Waterflow') });
    expect(made.stderr).toContain('waterflow plugin new my-http\n');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('touches nothing that is there', async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, 'mine'));
    writeFileSync(join(cwd, 'file'), '');
    for (const dir of ['mine', 'file']) {
      const made = await commandLine(['plugin', 'new', 'one', '--template', 'ts', '--dir', dir], { cwd });
      expect(made).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') });
    }
    expect(readdirSync(join(cwd, 'mine'))).toEqual([]);
  });

  it('says so where it may not write, and leaves nothing behind', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'file'), '');
    const made = await commandLine(['plugin', 'new', 'one', '--template', 'ts', '--dir', 'file/below'], { cwd });
    expect(made).toMatchObject({ code: 3, stderr: expect.stringContaining('STORAGE_FAILED') });
    expect(readdirSync(cwd)).toEqual(['file']);
  });
});
