import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemPath, systemPowers } from '../index.ts';
import { install, removeStaleInstallations } from './install.ts';

let temporaryFolder: string;
beforeEach(async () => {
  temporaryFolder = await mkdtemp(join(tmpdir(), 'waterflow-test-'));
});
afterEach(() => rm(temporaryFolder, { recursive: true }));

const remove = (folder: string) => rm(folder, { recursive: true });
const installHere = () => install({ temporaryFolder, path: systemPath, powers: systemPowers });

describe('the installation', () => {
  it('holds the sandbox host as JavaScript that Node runs, without tests and types', async () => {
    const { app } = await installHere();
    expect(readFileSync(join(app, 'host', 'main.js'), 'utf8')).toContain("from './call-channel.js'");
    expect(existsSync(join(app, 'guest', 'prelude.js'))).toBe(true);
    expect(existsSync(join(app, 'host', 'wire.test.js'))).toBe(false);
    const checked = spawnSync(process.execPath, ['--check', join(app, 'host', 'main.js')]);
    expect(checked.stderr.toString()).toBe('');
  });

  it('finds the engines and, on Linux, what node is linked to', async () => {
    const { isolatedVm, extism, libraries } = await installHere();
    expect(isolatedVm).toMatch(/\.node$/);
    expect(existsSync(join(extism, 'mod.js'))).toBe(true);
    expect(process.platform !== 'linux' || libraries.some(({ path }) => path.includes('libc.so'))).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)('can be read by the user of the hosts, whatever the umask is', async () => {
    const before = process.umask(0o077);
    const installation = await installHere().finally(() => process.umask(before));
    const entries = await readdir(installation.folder, { withFileTypes: true, recursive: true });
    const closed = await Promise.all(
      entries.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const wanted = entry.isDirectory() ? 0o005 : 0o004;
        return ((await stat(path)).mode & wanted) === wanted ? [] : [path];
      }),
    );
    expect(entries.length).toBeGreaterThan(10);
    expect(installation.user).toBeDefined();
    expect(closed.flat()).toEqual([]);
  });

  it('is removed by the next agent where its own was killed', async () => {
    const { folder } = await installHere();
    expect(await removeStaleInstallations(temporaryFolder, remove)).toEqual([]);
    // The name of one whose process can't exist.
    const stale = basename(folder).replace(`-${process.pid}-`, `-${2 ** 30}-`);
    await rename(folder, join(temporaryFolder, stale));
    // One of another container that shares the folder: its processes are none of ours.
    await mkdir(join(temporaryFolder, `waterflow-sandbox-1-${2 ** 30}-abc`));
    expect(await removeStaleInstallations(temporaryFolder, remove)).toEqual([stale]);
    expect(existsSync(join(temporaryFolder, stale))).toBe(false);
  });
});
