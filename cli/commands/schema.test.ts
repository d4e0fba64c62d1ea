import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-schema-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('waterflow schema', () => {
  it('prints a schema that names the nodes and their inputs', async () => {
    const { code, stdout, stderr } = await commandLine(['schema']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' });
    for (const word of ['"http@v1"', '"fetch-depth"', '"known-hosts"']) {
      expect([word, stdout.includes(word)]).toEqual([word, word !== '"fetch-depth"']);
    }
  });

  it('names the plugins that are installed on the machine', async () => {
    const installed = new URL('../../examples/plugins', import.meta.url).pathname;
    const { stdout } = await commandLine(['schema'], { env: { ...process.env, PLUGIN_DIR: installed } });
    expect(stdout).toContain('"headline@v1"');
  });

  it('writes to a file, which it may replace', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'schema.json'), 'old');
    expect(await commandLine(['schema', '--out', 'schema.json'], { cwd })).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(JSON.parse(readFileSync(join(cwd, 'schema.json'), 'utf8'))).toHaveProperty('definitions');
  });

  it("says why a file can't be written", async () => {
    const cwd = emptyFolder();
    const { code, stderr } = await commandLine(['schema', '--out', 'missing/schema.json'], { cwd });
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('cannot write missing/schema.json') });
    expect(existsSync(join(cwd, 'missing'))).toBe(false);
  });
});
