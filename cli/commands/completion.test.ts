import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { commandLine } from '../testing/terminal.ts';

const hasZsh = await needs('zsh');
const hasFish = await needs('fish');

/** What a real bash offers for the words of a command line, of which the last is the one at the cursor. */
async function offered(words: readonly string[], cwd = '/'): Promise<readonly string[]> {
  const { stdout } = await commandLine(['completion', 'bash']);
  const ask = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _waterflow; printf "%s\\n" "${COMPREPLY[@]}"';
  const script = `${stdout}\n${ask}`;
  const said = execFileSync('bash', ['--norc', '-c', script, 'bash', 'waterflow', ...words], { cwd, encoding: 'utf8' });
  return said.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it('offers the commands there are, and those of a command', async () => {
    expect(await offered(['re'])).toEqual(['resume', 'rerun', 'registry', 'restore']);
    expect(await offered(['audit', ''])).toEqual(['query', 'verify', 'export']);
  });

  it('offers the options of the command, wherever they stand', async () => {
    expect(await offered(['validate', 'x.yml', '--sa'])).toEqual(['--sarif']);
    expect(await offered(['logs', 'latest', '--'])).toEqual(
      expect.arrayContaining(['--follow', '--job', '--step', '--state', '--json', '--help']),
    );
  });

  it('offers the choices of a value, and nothing in the place of another one', async () => {
    expect(await offered(['audit', 'export', '--format', ''])).toEqual(['json', 'csv']);
    expect(await offered(['list', '--status', 'f'])).toEqual(['failure']);
    expect(await offered(['list', '--limit', ''])).toEqual([]);
    expect(await offered(['completion', ''])).toEqual(['bash', 'zsh', 'fish']);
  });

  it('takes the value of an option for no command', async () => {
    expect(await offered(['logs', '--job', 'run', 'latest', '--st'])).toEqual(['--step', '--state']);
  });

  it('offers files and folders where they are meant, also with blanks in their names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-completion-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'my state'));
    writeFileSync(join(folder, 'my file.yml'), '');
    expect(await offered(['run', 'my'], folder)).toEqual(expect.arrayContaining(['my file.yml', 'my state']));
    expect(await offered(['run', '--state', 'my'], folder)).toEqual(['my state']);
    expect(await offered(['run', 'my file.yml', 'my'], folder)).toEqual([]);
  });
});

describe('completion in other shells', () => {
  it.each(['bash', 'zsh', 'fish'] as const)('names every command and option for %s', async (shell) => {
    const { code, stdout } = await commandLine(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['validate', 'audit', 'verify', 'push-back', 'follow', 'completion']) {
      expect(stdout).toContain(word);
    }
  });

  it.runIf(hasZsh)('is a script that zsh can read', async () => {
    const { stdout } = await commandLine(['completion', 'zsh']);
    expect(spawnSync('zsh', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it.runIf(hasFish)('offers the same in fish', async () => {
    const { stdout } = await commandLine(['completion', 'fish']);
    const ask = `${stdout}\ncomplete -C 'waterflow audit '`;
    const said = spawnSync('fish', ['--no-config', '-c', ask], { encoding: 'utf8' });
    expect(said.stdout).toMatch(/^query\t/mu);
  });

  it('refuses a shell that it knows nothing of', async () => {
    expect(await commandLine(['completion', 'csh'])).toMatchObject({ code: 2 });
  });
});
