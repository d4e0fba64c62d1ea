import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BuildRecord, buildRecordFile, sha256Of } from '../../runtime/manifest/index.ts';
import { runModule } from '../../runtime/testing/wasm-modules.ts';
import { commandLine } from '../testing/terminal.ts';

const manifest = `name: greet
version: 1.0.0
description: Does nothing.
runtime: wasm
main: plugin.wasm
`;
const module = runModule([]);
const source = '#include "greet.h"\n';
const record: BuildRecord = {
  version: 1,
  target: 'wasm',
  main: 'plugin.wasm',
  memory_bytes: 64 * 1024 ** 2,
  sha256: sha256Of(module),
  sources: { 'src/greet.c': sha256Of(Buffer.from(source)), 'src/greet.h': sha256Of(Buffer.from('')) },
};

/** A folder with a plugin in C in `greet`, as a compiler and `plugin build` leave it. */
function builtPlugin() {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-current-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(join(cwd, 'greet', dirname(path)), { recursive: true });
    writeFileSync(join(cwd, 'greet', path), content);
  };
  write('plugin.yaml', manifest);
  write('README.md', '# greet\n');
  write('tests/greet.yaml', '- { name: runs, expect: { outputs: {} } }\n');
  write('src/greet.c', source);
  write('src/greet.h', '');
  write('plugin.wasm', module);
  write(buildRecordFile, JSON.stringify(record));
  const waterflow = (argv: readonly string[]) => commandLine(['plugin', ...argv], { cwd });
  return { write, waterflow, remove: (path: string) => rmSync(join(cwd, 'greet', path)) };
}

const commands = [['test'], ['run'], ['pack']];

describe('a module whose build has a record', () => {
  it.each(commands)('is taken by %s beside its sources, whatever becomes of documents', async (command) => {
    const { write, waterflow } = builtPlugin();
    write('README.md', '# Greets.\n');
    expect(await waterflow([command, './greet'])).toMatchObject({ code: 0 });
  });

  it.each(commands)('is refused by %s beside other sources, until it is built again', async (command) => {
    const { write, waterflow, remove } = builtPlugin();
    const refusal = async (): Promise<unknown> => {
      const { code, stdout } = await waterflow([command, './greet', '--json']);
      return { code, ...(JSON.parse(stdout) as object) }; // As --json prints it.
    };
    const refused = (message: string): object => ({
      code: 'PLUGIN_INVALID',
      message,
      remedy: "Run `waterflow plugin build` in the plugin's folder.",
    });
    write('src/greet.h', '#pragma once\n');
    expect(await refusal()).toMatchObject(refused('src/greet.h: it has changed since plugin.wasm was built'));
    write('src/greet.h', '');
    write('src/new.c', '');
    expect(await refusal()).toMatchObject(refused('src/new.c: it is new since plugin.wasm was built'));
    remove('src/new.c');
    write('plugin.yaml', `${manifest}limits: { memory: 32MiB }\n`);
    expect(await refusal()).toMatchObject(
      refused('plugin.yaml: `limits.memory` has changed since plugin.wasm was built'),
    );
    write('plugin.yaml', manifest);
    remove(buildRecordFile);
    write('src/new.c', '');
    expect(await waterflow([command, './greet'])).toMatchObject({ code: 0 });
  });

  it('is not built, for `plugin check`, which says what changed', async () => {
    const { write, waterflow } = builtPlugin();
    write('src/new.c', '');
    const { code, stdout } = await waterflow(['check', 'greet', '--json']);
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
      code: 0,
      diagnostics: [{ code: 'PLUGIN_NOT_BUILT', message: 'src/new.c: it is new since plugin.wasm was built' }],
    });
  });

  it('is missed by `plugin check` where it is gone and the sources are there; the cases are run all the same', async () => {
    const { waterflow, remove } = builtPlugin();
    remove(buildRecordFile);
    const { code, stdout, stderr } = await waterflow(['check', 'greet', '--json']);
    expect({ code, stderr, ...(JSON.parse(stdout) as object) }).toMatchObject({
      code: 0,
      stderr: '',
      diagnostics: [{ code: 'PLUGIN_BUILD_UNRECORDED', severity: 'warning', line: 5 }],
    });
    remove('src/greet.c');
    expect(JSON.parse((await waterflow(['check', 'greet', '--json'])).stdout)).toMatchObject({ diagnostics: [] });
  });
});
