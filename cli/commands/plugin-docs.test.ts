import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

const manifest = `name: greet
version: 2.1.0
description: Says hello.
runtime: isolate
main: index.ts
inputs:
  mood: { enum: [glad, "a|b"], default: glad, description: How. }
  name: { type: string, required: true, description: "Who is\\n greeted." }
  often: { type: [integer, array], items: { type: integer } }
outputs:
  text: { type: string, description: What was said. }
permissions:
  exec: [{ command: figlet, args: [-f, { type: text }], reason: draws it }]
  fs: [{ write: "out/**", reason: keeps it }]
limits: { timeout: 1m }
`;

const readme = `# greet

Greets people.

## Names

    ## no heading

\`\`\`md
## none either
\`\`\`

## Inputs

| input | meaning |
| --- | --- |
| \`gone\` | as it was |

A name has letters.

| mood | means |
| --- | --- |
| glad | a smile |

## Examples

- uses: ./greet
`;

/** A folder with the plugin in it. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-docs-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  mkdirSync(join(cwd, 'greet'));
  writeFileSync(join(cwd, 'greet/index.ts'), 'export default () => ({});');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'greet', name), text);
  return cwd;
}

describe('waterflow plugin docs', () => {
  it("makes a page of a manifest, and of the README's other parts", async () => {
    const cwd = folderWith({ 'plugin.yaml': manifest, 'README.md': readme });
    const { code, stdout, stderr } = await commandLine(['plugin', 'docs', './greet'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`# greet@v2

Says hello.

Greets people.

## Names

## no heading

\`\`\`md
## none either
\`\`\`

## Inputs

| input | value | default | meaning |
| --- | --- | --- | --- |
| \`name\` | string | required | Who is greeted. |
| \`mood\` | \`glad\`, \`a\\|b\` | \`"glad"\` | How. |
| \`often\` | integer or array of integers |  |  |

A name has letters.

| mood | means |
| --- | --- |
| glad | a smile |

## Outputs

| output | value | meaning |
| --- | --- | --- |
| \`text\` | string | What was said. |

## Permissions, and why

Word for word:

\`\`\`yaml
permissions:
  exec:
    - command: figlet
      args:
        - -f
        - type: text
      reason: draws it
  fs:
    - write: out/**
      reason: keeps it
\`\`\`

Unless the step says otherwise it may take 1m and 64MiB of memory.

## Examples

- uses: ./greet
`);
  });

  it("leaves it to the README what there is besides the manifest's", async () => {
    const bare = 'name: bare\nversion: 1.0.0\ndescription: Does it.\nruntime: isolate\nmain: index.ts\n';
    const cwd = folderWith({
      'plugin.yaml': bare,
      'README.md': '# bare\n\n## Outputs\n\nThose that the step names.\n',
    });
    const { stdout } = await commandLine(['plugin', 'docs', './greet'], { cwd });
    expect(stdout).toContain('## Outputs\n\nThose that the step names.\n');
    expect(stdout).not.toContain('It gives none.');
  });

  it.each([
    ['Counts words.\n\nSlowly.', 'Says hello.\n\nCounts words.\n\nSlowly.'],
    ['Says `hello` to\nall.', 'Says `hello` to\nall.'],
  ])('begins with the description, also where the README begins with %j', async (lead, shown) => {
    const cwd = folderWith({ 'plugin.yaml': manifest, 'README.md': `# greet\n\n${lead}\n` });
    const { stdout } = await commandLine(['plugin', 'docs', './greet'], { cwd });
    expect(stdout).toContain(`# greet@v2\n\n${shown}\n\n## Inputs`);
  });

  it('needs no README', async () => {
    const cwd = folderWith({
      'plugin.yaml': 'name: bare\nversion: 1.0.0\ndescription: Does it.\nruntime: isolate\nmain: index.ts\n',
    });
    const { stdout } = await commandLine(['plugin', 'docs', './greet'], { cwd });
    expect(stdout).toContain('# bare@v1\n\nDoes it.\n\n## Inputs\n\nIt takes none.\n');
    expect(stdout).toContain('## Permissions, and why\n\nIt asks for none.');
  });

  it('shows no control characters of a manifest on a terminal', async () => {
    const cwd = folderWith({ 'plugin.yaml': manifest.replace('Says hello.', '"Says \\e[31mhello."') });
    const { stdout } = await commandLine(['plugin', 'docs', './greet'], { cwd });
    expect(stdout).toContain('Says [31mhello.');
  });

  it('writes a page for each node, and a list', async () => {
    const cwd = folderWith({});
    expect(await commandLine(['plugin', 'docs', '--out', 'pages/nodes'], { cwd })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const plugins = readdirSync(new URL('../../plugins', import.meta.url));
    expect(readdirSync(join(cwd, 'pages/nodes')).sort()).toEqual(
      ['README.md', ...plugins.map((name) => `${name}.md`)].sort(),
    );
    const list = readFileSync(join(cwd, 'pages/nodes/README.md'), 'utf8');
    expect(list).toContain('- [sleep@v1](sleep.md): ');
    expect(await commandLine(['plugin', 'docs', '--out', 'pages/nodes'], { cwd })).toMatchObject({ code: 0 });
  });

  it('leads links where they led, and to the pages of others', async () => {
    const links =
      '# greet\n\n[figlet](../other/README.md#art), [guide](../docs/guide.md), [out](https://example.com/a)\n';
    const cwd = folderWith({ 'plugin.yaml': manifest, 'README.md': links });
    mkdirSync(join(cwd, 'other'));
    writeFileSync(join(cwd, 'other/plugin.yaml'), manifest.replace('name: greet', 'name: other'));
    expect(await commandLine(['plugin', 'docs', './greet', './other', '--out', 'pages'], { cwd })).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(cwd, 'pages/greet.md'), 'utf8')).toContain(
      '[figlet](other.md#art), [guide](../docs/guide.md), [out](https://example.com/a)',
    );
  });

  it('keeps two versions of a plugin apart', async () => {
    const cwd = folderWith({ 'plugin.yaml': manifest });
    mkdirSync(join(cwd, 'older'));
    writeFileSync(join(cwd, 'older/plugin.yaml'), manifest.replace('version: 2.1.0', 'version: 1.0.0'));
    await commandLine(['plugin', 'docs', './greet', './older', '--out', 'pages'], { cwd });
    expect(readdirSync(join(cwd, 'pages')).toSorted()).toEqual(['README.md', 'greet@v1.md', 'greet@v2.md']);
  });

  it('writes over no file that it did not make', async () => {
    const cwd = folderWith({ 'plugin.yaml': manifest, 'README.md': readme });
    const { code, stderr } = await commandLine(['plugin', 'docs', './greet', '--out', 'greet'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("didn't make: README.md")]);
    expect(readFileSync(join(cwd, 'greet/README.md'), 'utf8')).toBe(readme);
    expect(readdirSync(join(cwd, 'greet'))).not.toContain('greet.md');
  });

  it.each([
    ['a link', (file: string) => symlinkSync('/etc/passwd', file), 'symbolic link'],
    ['a FIFO', (file: string) => execFileSync('mkfifo', [file]), 'no file of at most'],
    ['a large file', (file: string) => writeFileSync(file, 'x'.repeat(2 ** 20 + 1)), 'no file of at most'],
  ])('shows no README that is %s', async (_what, make, words) => {
    const cwd = folderWith({ 'plugin.yaml': manifest });
    make(join(cwd, 'greet/README.md'));
    const { code, stdout, stderr } = await commandLine(['plugin', 'docs', './greet'], { cwd });
    expect([code === 0, stdout]).toEqual([false, '']);
    expect(stderr).toContain(words);
  });

  it('gives pages as JSON', async () => {
    const { stdout } = await commandLine(['plugin', 'docs', 'sleep@v1', 'http@v1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'sleep', version: '1.0.0', page: expect.stringContaining('# sleep@v1') },
      { name: 'http', page: expect.stringContaining('`url`') },
    ]);
  });

  it('writes files or JSON', async () => {
    const { code, stdout } = await commandLine(['plugin', 'docs', '--out', 'x', '--json']);
    expect([code, stdout]).toEqual([2, expect.stringContaining('exclude each other')]);
  });

  it.each([
    [['htpp@v1'], 'Did you mean `http@v1`?'],
    [['./nothing'], 'there is no plugin.yaml in that folder'],
    [['http'], 'with its version: http@v1'],
    [['./greet'], 'more problems in this file'],
    [['--out', '/dev/null/pages'], 'cannot make the folder /dev/null/pages'],
  ])('says what is wrong: %j', async (argv, words) => {
    const cwd = folderWith({ 'plugin.yaml': 'name: bare\n' });
    const { code, stdout, stderr } = await commandLine(['plugin', 'docs', ...argv], { cwd });
    expect([code === 0, stdout]).toEqual([false, '']);
    expect(stderr).toContain(words);
  });
});
