import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

const easy = 'on: workflow_dispatch\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ls\n';
const hard = `${easy}      - uses: team/action@v1\n      - run: ls\n        if: toJSON(github) == 'a'\n`;

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('waterflow import', () => {
  it('prints the workflow on stdout and the list on stderr, and ends with 0 where nothing needs hands', async () => {
    const { code, stdout, stderr } = await commandLine(['import', 'ci.yml'], { cwd: folderWith({ 'ci.yml': easy }) });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: easy.replace('workflow_dispatch', 'manual').replace('ubuntu-latest', 'local'),
    });
    expect(stderr).toBe(
      'ci.yml:1:5: changed: on: `workflow_dispatch` is `manual` here\n' +
        'ci.yml:4:5: changed: jobs.one.runs-on: the runner `ubuntu-latest` is the queue `local` here\n' +
        'ci.yml: 2 changed, 0 dropped, 0 to do\n',
    );
  });

  it('ends with 1 where something needs hands, and says what and where in the result', async () => {
    const { code, stderr } = await commandLine(['import', 'ci.yml'], { cwd: folderWith({ 'ci.yml': hard }) });
    expect(code).toBe(1);
    expect(stderr).toContain('ci.yml:7:9: todo: jobs.one.steps[1].uses: ');
    expect(stderr).toContain('error UNKNOWN_CONTEXT');
    expect(stderr).toMatch(/: 2 changed, 0 dropped, 2 to do; the result has 1 error\n$/);
  });

  it('writes what it made to a file that validates, but never over one', async () => {
    const cwd = folderWith({ 'ci.yml': easy });
    expect(await commandLine(['import', 'ci.yml', '--out', 'new.yml'], { cwd })).toMatchObject({ code: 0, stdout: '' });
    expect(await commandLine(['validate', 'new.yml'], { cwd })).toMatchObject({ code: 0 });
    const again = await commandLine(['import', 'ci.yml', '--out', 'ci.yml'], { cwd });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('ci.yml exists already') });
    expect(readFileSync(join(cwd, 'ci.yml'), 'utf8')).toBe(easy);
  });

  it('gives all of it as JSON', async () => {
    const { code, stdout, stderr } = await commandLine(['import', 'ci.yml', '--json'], {
      cwd: folderWith({ 'ci.yml': hard }),
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      complete: false,
      workflow: expect.stringContaining('not imported: team/action@v1'),
      entries: expect.arrayContaining([
        {
          outcome: 'todo',
          path: 'jobs.one.steps[1].uses',
          line: 7,
          column: 9,
          message: expect.any(String),
          remedy: expect.any(String),
        },
      ]),
      diagnostics: [expect.objectContaining({ code: 'UNKNOWN_CONTEXT', severity: 'error' })],
    });
  });

  it.each([
    ['missing.yml', 'FILE_NOT_READABLE'],
    ['broken.yml', 'YAML_SYNTAX'],
    ['empty.yml', 'EMPTY'],
  ])("can't read %s, and makes nothing of it", async (file, expected) => {
    const cwd = folderWith({ 'broken.yml': 'jobs: [', 'empty.yml': '' });
    const { code, stderr } = await commandLine(['import', file, '--out', 'new.yml'], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(expected) });
    expect(existsSync(join(cwd, 'new.yml'))).toBe(false);
  });
});
