import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-validate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
  return folder;
}

/** A misspelt key, a mistake that only a person can correct, and a warning. */
const wrong = `# deploys
on: { manual: { inputs: { target: } } }
jobs:
  build:
    run-on: local   # here
    timeout-minutes: soon
    steps:
      - run: make \${{ inputs.target }}
`;

describe('waterflow validate --sarif', () => {
  it('prints one SARIF log with a rule for each code and a place for each result', async () => {
    const { code, stdout } = await commandLine(['validate', '--sarif', 'a b.yml'], {
      cwd: folderWith({ 'a b.yml': wrong }),
    });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'waterflow',
              rules: [
                { id: 'SCRIPT_INJECTION', name: 'ScriptInjection', help: { text: expect.stringContaining('`env`') } },
                { id: 'UNKNOWN_KEY', shortDescription: { text: expect.any(String) } },
                { id: 'WRONG_TYPE', defaultConfiguration: { level: 'error' } },
              ],
            },
          },
          columnKind: 'utf16CodeUnits',
          results: [
            {
              ruleId: 'UNKNOWN_KEY',
              ruleIndex: 1,
              level: 'error',
              message: { text: expect.stringContaining('`runs-on`') },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b.yml', uriBaseId: 'SRCROOT' },
                    region: { startLine: 5, startColumn: 5, endLine: 5, endColumn: 11 },
                  },
                },
              ],
              fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: 'runs-on' } }] }] }],
            },
            { ruleId: 'WRONG_TYPE', ruleIndex: 2, level: 'error' },
            { ruleId: 'SCRIPT_INJECTION', ruleIndex: 0, level: 'warning' },
          ],
        },
      ],
    });
  });

  it("gives a file that can't be read a place all the same", async () => {
    const { code, stdout } = await commandLine(['validate', '--sarif', 'none.yml'], { cwd: folderWith({}) });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [
        {
          results: [
            {
              ruleId: 'FILE_NOT_READABLE',
              locations: [{ physicalLocation: { region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 } } }],
            },
          ],
        },
      ],
    });
  });

  it('has no result for a valid file', async () => {
    const cwd = folderWith({ 'a.yml': 'jobs: { a: { steps: [{ run: x }] } }\n' });
    const { code, stdout } = await commandLine(['validate', '--sarif', 'a.yml'], { cwd });
    expect({ code, log: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, log: { runs: [{ results: [] }] } });
  });
});

describe('waterflow validate --github', () => {
  it('prints an annotation a line, and nothing else', async () => {
    const { code, stdout, stderr } = await commandLine(['validate', '--github', 'a.yml'], {
      cwd: folderWith({ 'a.yml': wrong }),
    });
    const lines = stdout.trimEnd().split('\n');
    expect({ code, stderr, count: lines.length }).toEqual({ code: 2, stderr: '', count: 3 });
    expect(lines[0]).toMatch(/^::error file=a\.yml,line=5,col=5,endColumn=10,title=UNKNOWN_KEY::`run-on` is no key of/);
    expect(lines[2]).toMatch(/^::warning file=a\.yml,line=8,col=23,endColumn=35,title=SCRIPT_INJECTION::/);
  });

  it('escapes what would end an annotation or be a property of its own', async () => {
    const name = 'a,b:c%\n::error::x.yml';
    const { stdout } = await commandLine(['validate', '--github', name], { cwd: folderWith({}) });
    expect(stdout).toMatch(/^::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax\.yml,title=FILE_NOT_READABLE::[^\n]*\n$/);
    expect(stdout).toContain('a,b:c%25%0A::error::x.yml');
  });
});

describe('the forms of waterflow validate', () => {
  it.each([
    ['--json', '--sarif'],
    ['--json', '--github'],
    ['--sarif', '--github'],
  ])('exclude each other: %s and %s', async (one, other) => {
    const { code, stdout, stderr } = await commandLine(['validate', one, other, 'a.yml'], { cwd: folderWith({}) });
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('cannot be used with');
  });
});

describe('waterflow validate --fix', () => {
  it('corrects what is safe to correct, says so, and reports the rest', async () => {
    const cwd = folderWith({ 'a.yml': wrong });
    chmodSync(join(cwd, 'a.yml'), 0o640);
    const { code, stdout, stderr } = await commandLine(['validate', '--fix', 'a.yml'], { cwd });
    expect(code).toBe(2);
    expect(readFileSync(join(cwd, 'a.yml'), 'utf8')).toBe(wrong.replace('run-on', 'runs-on'));
    expect(stdout).toBe('a.yml:5:5: fixed UNKNOWN_KEY: write `runs-on`\na.yml: 1 error, 1 warning\n');
    expect(stderr).toContain('a.yml:6:22: error WRONG_TYPE');
    expect(statSync(join(cwd, 'a.yml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(cwd)).toEqual(['a.yml']);
  });

  it('is named where it could help', async () => {
    const cwd = folderWith({ 'a.yml': wrong });
    const { stderr } = await commandLine(['validate', 'a.yml'], { cwd });
    expect(stderr).toMatch(/\n1 of these can be corrected by --fix\n\n$/);
    expect(readFileSync(join(cwd, 'a.yml'), 'utf8')).toBe(wrong);
  });

  it('says what it corrected as JSON, too', async () => {
    const cwd = folderWith({ 'a.yml': wrong });
    const { stdout } = await commandLine(['validate', '--fix', '--json', 'a.yml'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      diagnostics: [{ code: 'WRONG_TYPE' }, { code: 'SCRIPT_INJECTION' }],
      fixed: [
        {
          code: 'UNKNOWN_KEY',
          line: 5,
          fix: { edits: [{ start: { line: 5, column: 5 }, end: { line: 5, column: 11 }, text: 'runs-on' }] },
        },
      ],
    });
  });

  it('ends with 0 where nothing is left', async () => {
    const cwd = folderWith({ 'a.yml': 'nmae: x\njobs: { a: { steps: [{ run: x }] } }\n' });
    expect((await commandLine(['validate', '--fix', 'a.yml'], { cwd })).code).toBe(0);
    expect(await commandLine(['validate', '--fix', 'a.yml'], { cwd })).toMatchObject({ stdout: 'a.yml: valid\n' });
  });

  it('writes through a symbolic link, which stays one', async () => {
    const cwd = folderWith({ 'a.yml': wrong });
    symlinkSync('a.yml', join(cwd, 'link.yml'));
    await commandLine(['validate', '--fix', 'link.yml'], { cwd });
    expect(lstatSync(join(cwd, 'link.yml')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(cwd, 'a.yml'), 'utf8')).toContain('runs-on');
  });

  it.each([
    ['has nothing that is safe to correct', 'jobs: { a: { timeout-minutes: soon, steps: [{ run: x }] } }\n'],
    ["isn't UTF-8", Buffer.from('nmae: caf\xe9\njobs: { a: { steps: [{ run: x }] } }\n', 'latin1')],
  ])("doesn't touch a file that %s", async (_what, content) => {
    const cwd = folderWith({ 'a.yml': content });
    const { ino, mtimeMs } = statSync(join(cwd, 'a.yml'));
    expect((await commandLine(['validate', '--fix', 'a.yml'], { cwd })).code).toBe(2);
    expect(statSync(join(cwd, 'a.yml'))).toMatchObject({ ino, mtimeMs });
  });
});

describe('waterflow validate --queues', () => {
  const file = 'jobs:\n  deploy:\n    runs-on: wbe\n    steps: [{ run: make }]\n';

  it('warns of a job on a queue that no agent serves, and corrects a slip', async () => {
    const cwd = folderWith({ 'w.yml': file });
    const { code, stdout } = await commandLine(['validate', '--json', '--queues', 'web,gpu', 'w.yml'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      diagnostics: [{ severity: 'warning', code: 'UNKNOWN_QUEUE', line: 3, column: 14 }],
    });
    await commandLine(['validate', '--fix', '--queues', 'web', '--queues', 'gpu', 'w.yml'], { cwd });
    expect(readFileSync(join(cwd, 'w.yml'), 'utf8')).toBe(file.replace('wbe', 'web'));
  });

  it('says nothing of queues without it', async () => {
    const { stdout } = await commandLine(['validate', '--json', 'w.yml'], { cwd: folderWith({ 'w.yml': file }) });
    expect(JSON.parse(stdout)).toEqual({ valid: true, diagnostics: [] });
  });
});
