import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BuildRecord, buildRecordFile, sha256Of } from '../../runtime/manifest/index.ts';
import { runModule } from '../../runtime/testing/wasm-modules.ts';
import { commandLine } from '../testing/terminal.ts';

const source = 'assembly/index.ts';

/** A compiler on PATH that gives a module, notes the source that it was given, and meanwhile does to the folder what `meanwhile` says in sh. */
function pluginWithCompiler(meanwhile: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-settled-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const folder of ['bin', 'greet/assembly']) mkdirSync(join(cwd, folder), { recursive: true });
  const write = (path: string, content: string | Uint8Array, mode = 0o644): void =>
    writeFileSync(join(cwd, path), content, { mode });
  write('greet/plugin.yaml', 'name: greet\nversion: 1.0.0\ndescription: Nothing.\nruntime: wasm\nmain: plugin.wasm\n');
  write(`greet/${source}`, '// first\n');
  write('module.wasm', runModule([]));
  const script = `#!/bin/sh\ncat ${source} > ../given\necho >> ../builds\ncp ../module.wasm "$3"\n${meanwhile}\n`;
  write('bin/asc', script, 0o755);
  const read = (path: string): string => readFileSync(join(cwd, path), 'utf8');
  const build = async (): Promise<unknown> => {
    const { code, stdout } = await commandLine(['plugin', 'build', 'greet', '--json'], {
      cwd,
      env: { PATH: `${join(cwd, 'bin')}:/usr/bin:/bin` },
    });
    return { exitCode: code, ...(JSON.parse(stdout) as object) }; // As --json prints it.
  };
  const record = (): BuildRecord => JSON.parse(read(`greet/${buildRecordFile}`)) as BuildRecord; // As it was written.
  return { build, read, write, record, builds: () => read('builds').length };
}

describe('waterflow plugin build', () => {
  it('builds once where nothing changes meanwhile', async () => {
    const { build, builds, record } = pluginWithCompiler('');
    expect(await build()).toMatchObject({ exitCode: 0, sources: [source] });
    expect(builds()).toBe(1);
    expect(record().sources).toEqual({ [source]: sha256Of(Buffer.from('// first\n')) });
  });

  it.each([
    ['a source is saved', `echo '// second' > ${source}`, source],
    ['a source is added', 'touch assembly/other.ts', 'assembly/other.ts'],
    ['the compiler writes one of its own', 'test -e asconfig.json || echo "{}" > asconfig.json', 'asconfig.json'],
  ])('builds again where %s meanwhile, and records what the compiler was given', async (_, meanwhile, changed) => {
    const { build, builds, read, record } = pluginWithCompiler(meanwhile);
    expect(await build()).toMatchObject({ exitCode: 0 });
    expect(builds()).toBe(2);
    expect(record().sources).toMatchObject({
      [source]: sha256Of(Buffer.from(read('given'))),
      [changed]: sha256Of(Buffer.from(read(`greet/${changed}`))),
    });
  });

  it('fails where a source never comes to rest, and writes nothing', async () => {
    const { build, builds, read } = pluginWithCompiler(`echo '// more' >> ${source}`);
    expect(await build()).toMatchObject({
      exitCode: 2,
      code: 'BUILD_FAILED',
      message: `${source}: it changes whenever the plugin is built`,
    });
    expect(builds()).toBe(4);
    expect(() => read(`greet/${buildRecordFile}`)).toThrow('ENOENT');
  });

  it('takes no settings of AssemblyScript from outside of the folder', async () => {
    const { build, write } = pluginWithCompiler('');
    write('greet/asconfig.json', '{ "extends": "../base.json" }');
    expect(await build()).toMatchObject({
      code: 'BUILD_FAILED',
      message: "../base.json lies outside of the plugin's folder",
      file: 'asconfig.json',
    });
  });
});
