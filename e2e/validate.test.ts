import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, root, waterflow } from './command.ts';

/** Twelve mistakes of different sorts; before each place stands `▸CODE▸`, which isn't part of the file. */
const planted = `name: planted
on:
  manual:
    inputs:
      target: { type: ▸INVALID_VALUE▸strng }
▸UNKNOWN_KEY▸enviroment: {}
jobs:
  build:
    needs: [▸UNKNOWN_NEED▸biuld]
    steps:
      - id: one
        run: echo one
      - id: ▸DUPLICATE_ID▸one
        uses: ▸PLUGIN_NOT_FOUND▸chekout@v1
      - uses: http@v1
        with:
          url: https://example.com/\${{ inputs.▸UNKNOWN_PROPERTY▸traget }}
          ▸UNKNOWN_INPUT▸metod: GET
      - run: echo "\${{ 1 ▸EXPRESSION_SYNTAX▸+ 1 }}"
      - timeout-minutes: ▸WRONG_TYPE▸soon
        run: echo
      - if: ▸UNKNOWN_FUNCTION▸sucess()
        run: echo
  ▸MISSING_KEY▸deploy:
    needs: build
  test:
    steps:
      - run: echo "\${{ ▸UNKNOWN_CONTEXT▸secret.TOKEN }}"
`;

interface Found {
  readonly code: string;
  readonly line: number;
  readonly column: number;
}

function withoutMarks(text: string): { readonly text: string; readonly marks: readonly Found[] } {
  const marks: Found[] = [];
  const lines = text.split('\n').map((line, index) => {
    const [before = '', code, after] = line.split('▸');
    if (code === undefined) return line;
    marks.push({ code, line: index + 1, column: before.length + 1 });
    return before + after;
  });
  return { text: lines.join('\n'), marks };
}

interface Verdict {
  readonly valid: boolean;
  readonly diagnostics: readonly (Found & {
    readonly file: string;
    readonly message: string;
    readonly remedy: string;
  })[];
}

async function validateJson(argv: readonly string[], cwd: string): Promise<Verdict & { readonly code: number | null }> {
  const ended = await waterflow(['validate', '--json', ...argv], { cwd });
  return { code: ended.code, ...(JSON.parse(ended.stdout) as Verdict) }; // What the command prints with --json.
}

describe('waterflow validate', () => {
  const { text, marks } = withoutMarks(planted);

  it('reports twelve planted mistakes, each at its line and column, with a remedy', async () => {
    expect(marks).toHaveLength(12);
    const { code, valid, diagnostics } = await validateJson(['planted.yml'], folderWith({ 'planted.yml': text }));
    expect({ code, valid }).toEqual({ code: 2, valid: false });
    expect(diagnostics.map((found) => ({ code: found.code, line: found.line, column: found.column }))).toEqual(marks);
    expect(diagnostics.every(({ file, remedy }) => file === 'planted.yml' && remedy.length > 0)).toBe(true);
  });

  it('shows people each place with its line and a caret, then the number of errors', async () => {
    const folder = folderWith({ 'planted.yml': text });
    const { code, stdout, stderr } = await waterflow(['validate', 'planted.yml'], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: 'planted.yml: 12 errors\n' });
    const places = marks.map(({ code, line, column }) => `planted.yml:${line}:${column}: error ${code}: `);
    expect(places.filter((place) => !stderr.includes(place))).toEqual([]);
    expect(stderr).toContain(
      '   14 |         uses: chekout@v1\n      |               ^^^^^^^^^^\n  remedy: Did you mean',
    );
  });

  it('accepts the examples, and ends with 0', async () => {
    const files = ['hello', 'hostile', 'matrix', 'quickstart', 'retry'].map((name) => join('examples', `${name}.yml`));
    const { code, stdout, stderr } = await waterflow(['validate', ...files], { cwd: root });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: files.map((file) => `${file}: valid\n`).join(''),
      stderr: '',
    });
  });

  it("goes on after a file that is broken, or that can't be read", async () => {
    const folder = folderWith({
      'good.yml': 'name: good\non: manual\njobs: { a: { steps: [{ run: "true" }] } }\n',
      'bad.yml': 'name: bad\non: manual\njobs: { a: { step: [] } }\n',
    });
    const files = ['missing.yml', '.', 'bad.yml', 'good.yml'];
    const { code, diagnostics } = await validateJson(files, folder);
    expect(code).toBe(2);
    expect(diagnostics.map((found) => `${found.file} ${found.code}`)).toEqual([
      'missing.yml FILE_NOT_READABLE',
      '. FILE_NOT_READABLE',
      'bad.yml UNKNOWN_KEY',
    ]);
    const { stdout } = await waterflow(['validate', ...files], { cwd: folder });
    expect(stdout).toBe('missing.yml: 1 error\n.: 1 error\nbad.yml: 1 error\ngood.yml: valid\n');
  });

  it('lets warnings pass', async () => {
    const folder = folderWith({
      'warns.yml': `
name: warns
on: { manual: { inputs: { word: { type: string, default: x } } } }
jobs: { a: { steps: [{ run: "echo \${{ inputs.word }}" }] } }
`,
    });
    const { code, stdout, stderr } = await waterflow(['validate', 'warns.yml'], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'warns.yml: valid, 1 warning\n' });
    expect(stderr).toContain('warning SCRIPT_INJECTION');
  });

  it.each([
    ['10 MB', 'FILE_TOO_LARGE', `name: big\n${'# filler\n'.repeat(1_200_000)}`],
    ['10,000 levels', 'YAML_TOO_DEEP', `jobs: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['10,000 levels of mappings', 'YAML_TOO_DEEP', `jobs: ${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['an alias bomb', 'YAML_ALIAS_BOMB', bomb()],
    ['a tab', 'YAML_TAB', 'name: x\njobs:\n\ta: 1\n'],
    ['a key twice', 'YAML_DUPLICATE_KEY', 'name: x\nname: y\n'],
    ['nothing', 'EMPTY', ''],
    ['bytes that are no text', 'ENCODING', '\u0000binary'],
  ])('says of a file with %s that it is %s', async (_what, expected, content) => {
    const { code, diagnostics } = await validateJson(['hostile.yml'], folderWith({ 'hostile.yml': content }));
    expect(code).toBe(2);
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ code: expected, line: expect.any(Number), column: expect.any(Number) }),
    );
  });

  it('reads no more of an endless file than a workflow may have', async () => {
    const { code, diagnostics } = await validateJson(['/dev/zero'], root);
    expect({ code, codes: diagnostics.map((diagnostic) => diagnostic.code) }).toEqual({
      code: 2,
      codes: ['FILE_TOO_LARGE'],
    });
  });

  it('writes no control character of a file to the terminal', async () => {
    const folder = folderWith({ 'esc.yml': 'name: "\u009b2J"\non: manual\njobs: { a: { "st\u202eeps": [] } }\n' });
    const { stdout, stderr } = await waterflow(['validate', 'esc.yml'], { cwd: folder });
    // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  });
});

/** Each anchor is the one before, nine times. */
function bomb(): string {
  const lines = Array.from({ length: 12 }, (_, index) => {
    const value = index === 0 ? 'x' : `[${Array.from({ length: 9 }, () => `*a${index - 1}`).join(', ')}]`;
    return `a${index}: &a${index} ${value}`;
  });
  return `${lines.join('\n')}\n`;
}
