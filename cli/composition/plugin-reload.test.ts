import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestText } from '../../runtime/manifest/testing/folder.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { installWorld } from '../testing/install-world.ts';
import { testTerminal } from '../testing/terminal.ts';
import { beginPlugins, reloadPlugins } from './plugin-reload.ts';
import { keepVersionsIn } from './plugin-versions.ts';
import { openPlugins } from './plugins.ts';

const asks = 'permissions: { net: [{ url: "https://example.com/*", reason: x }] }';
const theirs = "export default () => ({ said: 'theirs' });\n";

/** What a workflow gets: version, digest, and what the policy thinks of it; else the code of the error. */
async function found(terminal: Terminal, uses = 'acme-tool@v1'): Promise<string> {
  const resolved = await openPlugins(terminal, []).resolve(uses, undefined);
  if ('error' in resolved) return resolved.error.code;
  const { identity, origin } = resolved.plugin;
  return `${identity.version} ${identity.digest} ${origin}`;
}

/** A machine on which acme-tool 1.2.0 is installed, and a server there, which has read its plugin folder. */
async function begin() {
  const world = installWorld();
  const { path, digest } = await world.pack({ manifest: asks });
  expect(await world.run(['install', path, '--yes'])).toMatchObject({ code: 0 });
  const anew = (): Terminal => testTerminal({ cwd: world.cwd, env: { PLUGIN_DIR: world.plugins, HOME: world.cwd } });
  const server = anew();
  await beginPlugins(server);
  const folder = join(world.plugins, 'acme-tool@1.2.0');
  /** A plugin of the same name that nobody approved. */
  const put = (name: string, version = '1.2.0', code = theirs): void => {
    const made = join(world.cwd, 'made');
    mkdirSync(made);
    writeFileSync(join(made, 'plugin.yaml'), manifestText(asks).replace('1.2.0', version));
    writeFileSync(join(made, 'index.ts'), code);
    rmSync(join(world.plugins, name), { recursive: true, force: true });
    renameSync(made, join(world.plugins, name));
  };
  /** What the log would say. */
  const reload = async (): Promise<readonly unknown[]> =>
    (await reloadPlugins(server)).map((one) => {
      if (one.change !== 'refused') return `${one.change} ${one.plugin.version}`;
      return [one.error.code, ...(one.kept === undefined ? [] : [`kept ${one.kept.version}`])].join(' ');
    });
  return { world, server, anew, folder, put, reload, approved: `1.2.0 ${digest} approved` };
}

describe('what was approved', () => {
  it.each([
    ['in a higher version', 'copied', '1.9.0'],
    ['in the same version', 'aaa', '1.2.0'],
    ['in a folder whose name differs by case', 'Acme-Tool@1.2.0', '1.2.0'],
  ])('is not displaced by an unapproved one %s, also after a restart', async (_what, name, version) => {
    const { server, anew, put, reload, approved } = await begin();
    put(name, version);
    expect(await reload()).toEqual(['PLUGIN_UNAPPROVED']);
    expect(await found(server)).toBe(approved);
    expect(await found(anew())).toBe(approved);
  });

  it.each([
    [
      'changed, with the times that it had',
      'PLUGIN_SWAPPED',
      ({ folder }: Awaited<ReturnType<typeof begin>>) => {
        const file = join(folder, 'index.ts');
        writeFileSync(file, theirs);
        utimesSync(file, 0, 0);
      },
    ],
    ['exchanged', 'PLUGIN_SWAPPED', ({ put }) => put('acme-tool@1.2.0')],
    ['exchanged for another version', 'PLUGIN_SWAPPED', ({ put }) => put('acme-tool@1.2.0', '1.3.0')],
    [
      'exchanged for another plugin',
      'PLUGIN_SWAPPED',
      ({ folder }) => writeFileSync(join(folder, 'plugin.yaml'), manifestText().replace('acme-tool', 'other')),
    ],
    [
      'exchanged for a node that comes with Waterflow',
      'PLUGIN_SWAPPED',
      ({ folder }) => writeFileSync(join(folder, 'plugin.yaml'), manifestText().replace('acme-tool', 'http')),
    ],
    [
      'exchanged for a control node',
      'PLUGIN_INVALID',
      ({ folder }) =>
        writeFileSync(
          join(folder, 'plugin.yaml'),
          'name: acme-tool\nversion: 1.2.0\ndescription: x\nruntime: control\n',
        ),
    ],
    ['exchanged for no plugin', 'PLUGIN_INVALID', ({ folder }) => writeFileSync(join(folder, 'plugin.yaml'), '')],
    ['emptied', 'PLUGIN_INVALID', ({ folder }) => rmSync(join(folder, 'plugin.yaml'))],
    [
      'exchanged for a link, even to its own bytes',
      'PLUGIN_INVALID',
      ({ world, folder }) => {
        renameSync(folder, join(world.cwd, 'elsewhere'));
        symlinkSync(join(world.cwd, 'elsewhere'), folder);
      },
    ],
  ] satisfies readonly (readonly [string, string, (parts: Awaited<ReturnType<typeof begin>>) => void])[])(
    'goes on with its grants where its folder is %s',
    async (_what, code, change) => {
      const parts = await begin();
      const { server, folder, world, reload, approved } = parts;
      cpSync(folder, join(world.cwd, 'good'), { recursive: true });
      change(parts);
      expect(await reload()).toEqual([`${code} kept 1.2.0`]);
      expect(await found(server)).toBe(approved);
      rmSync(folder, { recursive: true });
      renameSync(join(world.cwd, 'good'), folder);
      expect(await reload()).toEqual([]);
      expect(await found(server)).toBe(approved);
    },
  );

  it('is there as it was approved after a restart, too, where its folder holds something else', async () => {
    const { world, server, anew, put, approved } = await begin();
    const state = join(world.cwd, 'kept') as AbsolutePath; // Below an absolute path.
    const restarted = async (): Promise<readonly [string, readonly unknown[]]> => {
      const next = anew();
      keepVersionsIn(next, state);
      const changes = await beginPlugins(next);
      return [await found(next), changes.map(({ change }) => change)];
    };
    expect(await restarted()).toEqual([approved, []]);
    put('acme-tool@1.2.0');
    expect(await restarted()).toEqual([approved, ['refused', 'loaded']]);
    expect(await restarted()).toEqual([approved, ['refused', 'loaded']]);
    // It isn't, where no process has had it before.
    expect(await found(anew())).toBe('PLUGIN_SWAPPED');
    for (const name of readdirSync(join(state, 'plugins/installed'))) {
      writeFileSync(join(state, 'plugins/installed', name), 'other bytes');
    }
    expect(await restarted()).toEqual(['PLUGIN_NOT_FOUND', ['refused']]);
    expect(await found(server)).toBe(approved);
  });

  it('is gone once its folder is, and comes back with it', async () => {
    const { server, world, folder, reload, approved } = await begin();
    renameSync(folder, join(world.cwd, 'away'));
    expect(await reload()).toEqual(['removed 1.2.0']);
    expect(await found(server)).toBe('PLUGIN_NOT_FOUND');
    renameSync(join(world.cwd, 'away'), folder);
    expect(await reload()).toEqual(['loaded 1.2.0']);
    expect(await found(server)).toBe(approved);
  });

  it('leaves its name to nobody while it is gone', async () => {
    const { server, world, folder, put, reload } = await begin();
    put('copied', '1.9.0');
    renameSync(folder, join(world.cwd, 'away'));
    expect(await reload()).toEqual(['PLUGIN_UNAPPROVED', 'removed 1.2.0']);
    expect(await found(server)).toBe('PLUGIN_NOT_FOUND');
  });

  it('goes by the last lockfile that can be relied on', async () => {
    const { server, world, put, reload, approved } = await begin();
    const lockfile = join(world.plugins, 'waterflow.lock');
    const text = readFileSync(lockfile, 'utf8');
    writeFileSync(lockfile, text.slice(0, 100));
    put('copied', '1.9.0');
    expect(await reload()).toEqual(['LOCKFILE_INVALID']);
    expect(await found(server)).toBe(approved);
    writeFileSync(lockfile, text);
    expect(await reload()).toEqual(['PLUGIN_UNAPPROVED']);
    expect(await found(server)).toBe(approved);
  });

  it('is nothing once the lockfile approves less than it asks for, or is gone', async () => {
    const { server, world, reload } = await begin();
    const lockfile = join(world.plugins, 'waterflow.lock');
    const text = readFileSync(lockfile, 'utf8');
    writeFileSync(lockfile, text.replace('https://example.com/*', 'https://example.com/a'));
    expect(await reload()).toEqual(['PLUGIN_UNAPPROVED', 'removed 1.2.0']);
    expect(await found(server)).toBe('PLUGIN_NOT_FOUND');
    writeFileSync(lockfile, text);
    expect(await reload()).toEqual(['loaded 1.2.0']);
    rmSync(lockfile);
    expect(await reload()).toEqual(['unapproved 1.2.0']);
    expect(await found(server)).toMatch(/ installed$/u);
    writeFileSync(lockfile, text);
    expect(await reload()).toEqual(['approved 1.2.0']);
  });

  it('takes the place of what lay there under its name', async () => {
    const world = installWorld();
    const server = testTerminal({ cwd: world.cwd, env: { PLUGIN_DIR: world.plugins } });
    mkdirSync(join(world.plugins, 'copied'), { recursive: true });
    writeFileSync(join(world.plugins, 'copied/plugin.yaml'), manifestText(asks).replace('1.2.0', '1.9.0'));
    writeFileSync(join(world.plugins, 'copied/index.ts'), theirs);
    expect(await found(server)).toMatch(/^1\.9\.0 .* installed$/u);
    const { path, digest } = await world.pack({ manifest: asks });
    expect(await world.run(['install', path, '--yes'])).toMatchObject({ code: 0 });
    const changes = await reloadPlugins(server);
    expect(changes.map(({ change }) => change)).toEqual(['refused', 'loaded', 'removed']);
    expect(await found(server)).toBe(`1.2.0 ${digest} approved`);
  });

  it('is all that has its grants, however its folder is exchanged while it is read', { timeout: 60_000 }, async () => {
    const { server, world, folder, put, reload, approved } = await begin();
    put('evil');
    renameSync(join(world.plugins, 'evil'), join(world.cwd, 'evil'));
    const exchange = `const { renameSync } = require('node:fs');
const [folder, good, evil] = process.argv.slice(1);
for (;;) { renameSync(folder, good); renameSync(evil, folder); renameSync(folder, evil); renameSync(good, folder); }`;
    const paths = [folder, join(world.cwd, 'away'), join(world.cwd, 'evil')];
    const racer = spawn(process.execPath, ['-e', exchange, ...paths], { stdio: 'ignore' });
    try {
      for (let count = 0; count < 25; count += 1) {
        await reload();
        const now = await found(server);
        expect([approved, 'PLUGIN_NOT_FOUND', 'PLUGIN_SWAPPED', 'PLUGIN_INVALID']).toContain(now);
      }
    } finally {
      racer.kill('SIGKILL');
      await once(racer, 'exit');
    }
  });
});

describe('what nobody approved', () => {
  it('is updated by a higher version, and not by one that does not compile', async () => {
    const { server, world, reload } = await begin();
    const put = (folder: string, version: string, code: string): void => {
      mkdirSync(join(world.plugins, folder), { recursive: true });
      writeFileSync(join(world.plugins, folder, 'index.ts'), code);
      const text = manifestText().replace('acme-tool', 'mine').replace('1.2.0', version);
      writeFileSync(join(world.plugins, folder, 'plugin.yaml'), text);
    };
    put('one', '1.0.0', theirs);
    put('broken', '1.5.0', 'enum A { b }\n');
    expect(await reload()).toEqual(['PLUGIN_INVALID', 'loaded 1.0.0']);
    expect(await found(server, 'mine@v1')).toMatch(/^1\.0\.0 .* installed$/u);
    put('two', '1.1.0', theirs);
    put('also-one', '1.0.0', "export default () => ({ said: 'others' });\n");
    expect(await reload()).toEqual(['PLUGIN_INVALID', 'PLUGIN_INVALID', 'loaded 1.1.0']);
    expect(await found(server, 'mine@v1')).toMatch(/^1\.1\.0 /u);
    put('two', '1.2.0', 'enum A { b }\n');
    expect(await reload()).toEqual(['PLUGIN_INVALID', 'PLUGIN_INVALID', 'PLUGIN_INVALID kept 1.1.0']);
    expect(await found(server, 'mine@v1')).toMatch(/^1\.1\.0 /u);
  });
});
