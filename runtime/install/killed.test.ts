import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { createPluginCatalogue } from '../manifest/index.ts';
import { testFolder } from '../manifest/testing/folder.ts';
import { writePackage } from '../registry/testing/registries.ts';
import { approvedByLockfile } from './approved.ts';
import { recover } from './change.ts';
import { lockfileName, nameOf, readLockfile } from './lockfile.ts';
import { changeFolder, installationIn } from './testing/change-folder.ts';

const script = fileURLToPath(new URL('./testing/killed-change.ts', import.meta.url));

type Change = readonly [act: 'install' | 'remove', what: string];

/** Makes a change in a process of its own, which is killed before its n-th rename. */
async function killedChange(folder: string, change: Change, at: number): Promise<void> {
  const child = spawn(process.execPath, [script, folder, ...change, String(at)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
  const [, signal] = await once(child, 'close');
  expect([signal, complaints]).toEqual(['SIGKILL', '']);
}

/** What a workflow gets: the version, and what the policy thinks of it. */
async function foundIn(folder: AbsolutePath): Promise<string> {
  const lockfile = readLockfile(installationIn(folder).lockfile);
  const approved = approvedByLockfile(lockfile, folder);
  const catalogue = createPluginCatalogue({ builtIn: testFolder({}), installed: folder, approved });
  const found = await catalogue.resolve('acme-tool@v1', undefined);
  return 'error' in found ? found.error.code : `${found.plugin.identity.version} ${found.plugin.origin}`;
}

const folder = testFolder({});
const older = (await writePackage(folder, {}, [])).path;
const newer = (await writePackage(folder, { version: '1.3.0' }, [])).path;

/** `found`: what workflows get when it was killed before its first, second… rename; the last one is what they get once it is done. */
const changes: readonly {
  readonly what: string;
  readonly from?: string;
  readonly change: Change;
  readonly found: readonly string[];
}[] = [
  {
    what: 'an installation',
    change: ['install', older],
    found: ['PLUGIN_NOT_FOUND', 'PLUGIN_NOT_FOUND', '1.2.0 approved', '1.2.0 approved'],
  },
  {
    what: 'an update',
    from: older,
    change: ['install', newer],
    found: ['1.2.0 approved', '1.2.0 approved', '1.3.0 approved', '1.3.0 approved', '1.3.0 approved'],
  },
  {
    what: 'a removal',
    from: older,
    change: ['remove', 'acme-tool@1.2.0'],
    found: ['1.2.0 approved', 'PLUGIN_NOT_FOUND', 'PLUGIN_NOT_FOUND'],
  },
];

describe('a change of the plugin folder that is killed', () => {
  it.each(changes)('leaves the old or the new, whole and approved: $what', async ({ from, change, found }) => {
    const before = testFolder({});
    if (from !== undefined) await changeFolder(before, 'install', from);
    const killed = found.slice(0, -1).map(async (_state, index) => {
      const copy = testFolder({});
      cpSync(before, copy, { recursive: true });
      await killedChange(copy, change, index + 1);
      return copy;
    });
    const copies = await Promise.all(killed);
    expect(await Promise.all(copies.map(foundIn))).toEqual(found.slice(0, -1));
    for (const [index, copy] of copies.entries()) {
      // Whoever changes the folder next ends what was begun: nothing is left of it, and workflows get what they got before.
      const { plugins, pending } = recover(installationIn(copy));
      expect([pending, await foundIn(copy)]).toEqual([undefined, found[index]]);
      const names = found[index] === 'PLUGIN_NOT_FOUND' ? [] : plugins.map(nameOf);
      expect(readdirSync(copy).filter((name) => name !== lockfileName)).toEqual(names);
      await changeFolder(copy, ...change);
      expect(await foundIn(copy)).toBe(found.at(-1));
    }
  });

  it('is done once nothing kills it: an older version takes the place of a newer one', async () => {
    const copy = testFolder({});
    await changeFolder(copy, 'install', newer);
    await changeFolder(copy, 'install', older);
    expect(await foundIn(copy)).toBe('1.2.0 approved');
    expect(readdirSync(copy).sort()).toEqual(['acme-tool@1.2.0', lockfileName]);
  });
});
