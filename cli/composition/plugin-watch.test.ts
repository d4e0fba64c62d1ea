import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manifestText, testFolder } from '../../runtime/manifest/testing/folder.ts';
import { testTerminal } from '../testing/terminal.ts';
import { watchPlugins } from './plugin-watch.ts';
import { openPlugins } from './plugins.ts';
import { openServerLog } from './server-log.ts';

interface Entry {
  readonly event?: string;
  readonly message: string;
}

/** Writes a plugin to a folder, file by file. */
function write(folder: string, name: string, version = '1.0.0'): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plugin.yaml'), manifestText().replace('acme-tool', name).replace('1.2.0', version));
  writeFileSync(join(folder, 'index.ts'), `export default () => ({ said: '${name} ${version}' });\n`);
}

/** Follows `place`, a path in a new folder, in which `prepare` made something first. */
async function follow(place: string, prepare: (root: string, folder: string) => void = () => {}) {
  const root = testFolder({});
  const folder = join(root, place);
  prepare(root, folder);
  const terminal = testTerminal({ cwd: root, env: { PLUGIN_DIR: folder } });
  let renewals = 0;
  const log = openServerLog(terminal, { level: 'info', form: 'json' });
  const watching = await watchPlugins(terminal, log, async () => void (renewals += 1));
  onTestFinished(async () => {
    await watching[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  });
  const events = (): readonly string[] =>
    terminal
      .complaints()
      .split('\n')
      .filter((line) => line !== '')
      // Each line is an entry.
      .flatMap((line) => (JSON.parse(line) as Entry).event ?? []);
  /** What workflows that begin now can use. */
  const versions = (): readonly string[] => {
    const { listed, builtInNames } = openPlugins(terminal, []);
    return listed.filter(({ name }) => !builtInNames.has(name)).map(({ name, version }) => `${name} ${version}`);
  };
  const has = (...wanted: readonly string[]): Promise<void> =>
    expect.poll(versions, { timeout: 30_000, interval: 50 }).toEqual(wanted);
  return { root, folder, events, versions, has, renewals: () => renewals, log: () => terminal.complaints() };
}

describe('a plugin folder that is followed', { timeout: 60_000 }, () => {
  it('counts once it is there, with the folders above it', async () => {
    const { folder, events, has } = await follow('opt/waterflow/plugins');
    expect(events()).toEqual(['plugin_folder_missing']);
    write(join(folder, 'tool'), 'tool');
    await has('tool 1.0.0');
    expect(events()).toEqual(['plugin_folder_missing', 'plugin_folder_found', 'plugin_loaded']);
    write(join(folder, 'other'), 'other');
    await has('other 1.0.0', 'tool 1.0.0');
  });

  it('takes its plugins with it when it goes, and is followed when another one comes in its place', async () => {
    const { root, folder, events, has } = await follow('plugins', (_root, at) => write(join(at, 'tool'), 'tool'));
    renameSync(folder, join(root, 'away'));
    await has();
    expect(events()).toEqual(['plugin_folder_missing', 'plugin_removed']);
    write(join(folder, 'tool'), 'tool', '1.1.0');
    await has('tool 1.1.0');
    rmSync(folder, { recursive: true });
    renameSync(join(root, 'away'), folder);
    await has('tool 1.0.0');
    write(join(folder, 'tool'), 'tool', '1.2.0');
    await has('tool 1.2.0');
  });

  it('may be reached by a link on the way, which may lead elsewhere from then on', async () => {
    const { root, has, events } = await follow('current/plugins', (at) => {
      write(join(at, 'one/plugins/tool'), 'tool', '1.0.0');
      write(join(at, 'two/plugins/tool'), 'tool', '2.0.0');
      symlinkSync('one', join(at, 'current'));
    });
    symlinkSync('two', join(root, 'next'));
    renameSync(join(root, 'next'), join(root, 'current'));
    await has('tool 2.0.0');
    write(join(root, 'two/plugins/tool'), 'tool', '2.1.0');
    await has('tool 2.1.0');
    expect(new Set(events())).toEqual(new Set(['plugin_loaded', 'plugin_removed']));
  });

  it('takes a folder that is put in the place of another at once', async () => {
    const { root, folder, has, events } = await follow('plugins', (_root, at) => write(join(at, 'tool'), 'tool'));
    write(join(root, 'made'), 'tool', '1.1.0');
    renameSync(join(folder, 'tool'), join(root, 'old'));
    renameSync(join(root, 'made'), join(folder, 'tool'));
    await has('tool 1.1.0');
    write(join(folder, 'tool'), 'tool', '1.2.0');
    await has('tool 1.2.0');
    expect(events().filter((event) => event === 'plugin_refused')).toEqual([]);
  });

  it('goes on with what it had where a folder is emptied, a link, or only half there, and says so once', async () => {
    const { root, folder, events, versions, log } = await follow('plugins', (_root, at) => {
      for (const name of ['one', 'two', 'three']) write(join(at, name), name);
    });
    const refused = (): number => events().filter((event) => event === 'plugin_refused').length;
    rmSync(join(folder, 'one/plugin.yaml'));
    await expect.poll(refused).toBe(1);
    renameSync(join(folder, 'two'), join(root, 'two'));
    symlinkSync(join(root, 'two'), join(folder, 'two'));
    await expect.poll(refused).toBe(2);
    rmSync(join(folder, 'three/index.ts'));
    await expect.poll(refused).toBe(3);
    expect(versions().toSorted()).toEqual(['one 1.0.0', 'three 1.0.0', 'two 1.0.0']);
    expect(log()).toMatch(/one holds no plugin\.yaml any more; one@1\.0\.0 goes on as it was/u);
    expect(log()).toMatch(/two .*it is a symbolic link; two@1\.0\.0 goes on as it was/u);
    expect(log()).toMatch(/there is no file `index\.ts` in the folder; three@1\.0\.0 goes on as it was/u);
  });

  it('takes two hundred that are copied at once, as few changes', async () => {
    const { root, folder, versions, renewals, events } = await follow('plugins', (_root, at) => mkdirSync(at));
    const names = Array.from({ length: 200 }, (_, number) => `tool-${number}`);
    for (const name of names) write(join(root, 'made', name), name);
    cpSync(join(root, 'made'), folder, { recursive: true });
    await expect.poll(() => versions().length).toBe(200);
    await expect.poll(() => events().filter((event) => event === 'plugin_loaded').length).toBe(200);
    expect(renewals()).toBeLessThan(5);
  });

  it('that is no folder keeps a server from its start', async () => {
    await expect(follow('plugins', (_root, at) => writeFileSync(at, ''))).rejects.toMatchObject({
      error: { code: 'STORAGE_FAILED' },
    });
  });
});
