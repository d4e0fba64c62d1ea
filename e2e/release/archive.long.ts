import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { root } from '../command.ts';
import { runInGlibcRoot } from './glibc-root.ts';

const { scratch, commit, made, again, key } = inject('releases');
const archive = readdirSync(made).find((name) => name.endsWith('-linux-x64.tar.gz')) ?? '';
const installed = join(scratch, 'opt', archive.replace('.tar.gz', ''));

beforeAll(() => {
  mkdirSync(join(scratch, 'opt'));
  execFileSync('tar', ['-xzf', join(made, archive), '-C', join(scratch, 'opt')]);
  // Sandbox hosts of root run as another user.
  chmodSync(scratch, 0o755);
  execFileSync('chmod', ['-R', 'a-w', installed]);
});

const places = () => ({ '/opt/waterflow': installed });
const work = (): string => mkdtempSync(join(scratch, 'work-'));
const waterflow = (argv: readonly string[], given: { readonly work: string }) =>
  runInGlibcRoot(['/opt/waterflow/bin/waterflow', ...argv], { ...given, places: places() });

describe('a release', () => {
  it('is the same, byte for byte, from another folder, with another umask, in another time zone and at another time', () => {
    const digests = (folder: string) =>
      readdirSync(folder).map((name) => [
        name,
        execFileSync('sha256sum', [join(folder, name)], { encoding: 'utf8' }).slice(0, 64),
      ]);
    expect(digests(again)).toEqual(digests(made));
    expect(readdirSync(made).length).toBeGreaterThanOrEqual(7);
  });

  it('is checked by sha256sum and openssl alone', () => {
    const succeeds = (cwd: string, command: string, argv: readonly string[]) =>
      expect(spawnSync(command, argv, { cwd, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const check = ['--check', '--strict', '--quiet'];
    succeeds(made, 'sha256sum', [...check, 'SHA256SUMS']);
    succeeds(installed, 'sha256sum', [...check, join(made, archive.replace('.tar.gz', '.contents'))]);
    succeeds(scratch, 'openssl', ['pkey', '-in', key, '-pubout', '-out', 'release.pem']);
    const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', join(scratch, 'release.pem'), '-rawin'];
    succeeds(made, 'openssl', [...verify, '-in', 'SHA256SUMS', '-sigfile', 'SHA256SUMS.sig']);
  });

  it('names no folder of the machine that made it', () => {
    // 1: found in no file.
    const { status, stdout } = spawnSync('grep', ['-rlF', '-e', scratch, '-e', `${root}/`, installed], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });
});

describe('the Linux archive, where there is nothing but glibc', () => {
  it('tells its version, the commit and that it is one', async () => {
    const { stdout } = await waterflow(['--version', '--json'], { work: work() });
    expect(JSON.parse(stdout)).toMatchObject({ build: 'archive', commit, modified: false, platform: 'linux-x64' });
  });

  it('is found through links', async () => {
    const folder = work();
    symlinkSync('/opt/waterflow/bin/waterflow', join(folder, 'wf'));
    symlinkSync('wf', join(folder, 'again'));
    const ended = await runInGlibcRoot(['/work/again', '--version'], { work: folder, places: places() });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('holds every limit of plugins at level 3, with the bubblewrap that it brings', async () => {
    const { stdout } = await waterflow(['doctor', '--json', '--state', 'state'], { work: work() });
    const { level, probes } = JSON.parse(stdout) as {
      readonly level: number;
      readonly probes: readonly { readonly name: string; readonly holds: boolean }[];
    }; // What docs/doctor.md says.
    // Programs of steps can't be tried: there is none, not even a shell.
    const broken = probes.filter(({ name, holds }) => !holds && !name.startsWith('exec: '));
    expect({ level, broken, tried: probes.length > 20 }).toEqual({ level: 3, broken: [], tried: true });
  });

  it('runs plugins, one in an isolate and one in WebAssembly', async () => {
    const folder = work();
    const counter = join(root, 'examples', 'plugins', 'wordcount-wasm');
    cpSync(counter, join(folder, 'wordcount-wasm'), { recursive: true });
    mkdirSync(join(folder, 'writer'));
    writeFileSync(join(folder, 'writer', 'plugin.yaml'), writer.manifest);
    writeFileSync(join(folder, 'writer', 'index.ts'), writer.code);
    writeFileSync(join(folder, 'count.yml'), workflow);
    const argv = ['run', 'count.yml', '--state', 'state', '--approve', './writer', '--approve', './wordcount-wasm'];
    const { code, stdout } = await waterflow([...argv, '--json'], { work: folder });
    expect({ code, words: /"words":"(\d+)"/u.exec(stdout)?.[1] }).toEqual({ code: 0, words: '3' });
  });

  it('serves, and ends in order when it is the first process that is told to', async () => {
    const folder = work();
    writeFileSync(join(folder, 'inside.mjs'), asker);
    const environment = { LD_LIBRARY_PATH: '/opt/waterflow/node/lib' };
    const argv = ['/opt/waterflow/node/bin/node', '/work/inside.mjs'];
    const ended = await runInGlibcRoot(argv, { work: folder, places: places(), environment });
    expect({ ...ended, stdout: JSON.parse(ended.stdout) as unknown }).toMatchObject({
      code: 0,
      stdout: { health: 200, console: 200, code: 0 },
    });
  });
});

const writer = {
  manifest: `
name: writer
version: 1.0.0
description: Writes a file
runtime: isolate
main: index.ts
permissions:
  fs: [{ write: words.txt, reason: writes it }]
`,
  code: `
import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_, host) => {
  await host.fs.write('words.txt', 'one two three');
  return {};
});
`,
};

const workflow = `
name: count
on: manual
jobs:
  count:
    outputs:
      words: \${{ steps.words.outputs.words }}
    steps:
      - uses: ./writer
      - { id: words, uses: ./wordcount-wasm, with: { path: words.txt } }
`;

/** Starts the server in the same root, asks it, and ends it. */
const asker = `
import { spawn } from 'node:child_process';
import { once } from 'node:events';
const server = spawn('/opt/waterflow/bin/waterflow', ['server', '--port', '0', '--state', '/work/state'], { env: { HOME: '/work' } });
let text = '';
server.stderr.pipe(process.stderr);
const url = await new Promise((resolve, reject) => {
  server.on('exit', reject);
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
      const found = /http:\\/\\/[^\\s"]+:\\d+/u.exec(text);
      if (found) resolve(found[0]);
    });
  }
});
const health = (await fetch(new URL('/healthz', url))).status;
const page = (await fetch(new URL('/ui', url))).status;
server.kill('SIGTERM');
const [code] = await once(server, 'exit');
process.stdout.write(JSON.stringify({ health, console: page, code }));
`;
