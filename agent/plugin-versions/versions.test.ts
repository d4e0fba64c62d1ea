import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AbsolutePath, Digest } from '../../schemas/index.ts';
import { keepAndRelease } from './testing/keep-and-release.ts';
import { firstAttempt, someVersion } from './testing/some-pins.ts';
import { openPluginVersions, type PluginVersions } from './versions.ts';

const script = fileURLToPath(new URL('./testing/killed-pin.ts', import.meta.url));
const [one, two, three] = [await someVersion('one'), await someVersion('two'), await someVersion('three')];
const { run } = firstAttempt;
const none = async (): Promise<undefined> => undefined;

function begin(now = Date.now()): { readonly state: AbsolutePath; readonly versions: PluginVersions } {
  // mkdtemp below an absolute folder.
  const state = mkdtempSync(join(tmpdir(), 'waterflow-versions-')) as AbsolutePath;
  return { state, versions: openPluginVersions(state, { now: () => now }) };
}

/** All files that are kept, without what only one who writes knows. */
function filesIn(state: string): readonly string[] {
  const names = readdirSync(join(state, 'plugins'), { recursive: true }).map(String);
  return names.filter((name) => statSync(join(state, 'plugins', name)).isFile()).sort();
}

async function textOf(versions: PluginVersions, digest: Digest): Promise<string | undefined> {
  return (await versions.pinned(run, digest))?.map(({ bytes }) => bytes.toString()).join();
}

/** What an attempt of the run began with; undefined where nothing says so. */
async function keptFor(
  versions: PluginVersions,
  attempt: number,
): Promise<readonly (string | undefined)[] | undefined> {
  const pins = versions.pins({ run, attempt });
  return pins && (await Promise.all(pins.map(({ identity }) => textOf(versions, identity.digest))));
}

describe('what a run began with', () => {
  it('is there until the run is released, whatever becomes of what is installed', async () => {
    const { state, versions } = begin();
    versions.add(one.digest, one.tarball);
    versions.keepInstalled([one.digest]);
    await versions.pin(firstAttempt, [one.pin], none);
    versions.add(two.digest, two.tarball);
    versions.keepInstalled([two.digest]);
    const again = openPluginVersions(state, { now: () => Date.now() });
    expect(again.runs()).toEqual([run]);
    expect(again.pins(firstAttempt)).toEqual([one.pin]);
    expect(await textOf(again, one.digest)).toBe('one');
    expect(await again.installed(two.digest)).toHaveLength(1);
    expect(await again.installed(one.digest)).toBeUndefined();
    again.release(run);
    expect(again.runs()).toEqual([]);
    again.keepInstalled([]);
    expect(filesIn(state)).toEqual([]);
  });

  it('is for its attempt alone', async () => {
    const { state, versions } = begin();
    for (const { digest, tarball } of [one, two]) versions.add(digest, tarball);
    await versions.pin(firstAttempt, [one.pin], none);
    const second = { run, attempt: 2 };
    expect(versions.pins(second)).toBeUndefined();
    await versions.pin(second, [two.pin], none);
    expect([versions.pins(firstAttempt), versions.pins(second)]).toEqual([undefined, [two.pin]]);
    expect(await textOf(versions, one.digest)).toBeUndefined();
    versions.release(run);
    expect(filesIn(state)).toEqual([]);
  });

  it('is taken from elsewhere where it is not at hand, if that has its digest', async () => {
    const { versions } = begin();
    await versions.pin(firstAttempt, [one.pin, two.pin], async ({ identity }) =>
      identity.digest === one.digest ? one.tarball : three.tarball,
    );
    expect([await textOf(versions, one.digest), await textOf(versions, two.digest)]).toEqual(['one', undefined]);
  });

  it('is nothing that has been changed on the disk, and is nobody else’s', async () => {
    const { state, versions } = begin();
    versions.add(one.digest, one.tarball);
    await versions.pin(firstAttempt, [one.pin], none);
    const modes = [
      'plugins',
      'plugins/versions',
      'plugins/runs',
      `plugins/runs/${run}`,
      ...filesIn(state).map((file) => `plugins/${file}`),
    ];
    expect(modes.map((path) => statSync(join(state, path)).mode & 0o077)).toEqual(modes.map(() => 0));
    writeFileSync(join(state, 'plugins/runs', run, `${one.digest.slice('sha256:'.length)}.tar`), two.tarball);
    expect(await textOf(versions, one.digest)).toBeUndefined();
    writeFileSync(join(state, 'plugins/runs', run, 'pins.json'), '{ "version": 1, ');
    expect(() => versions.pins(firstAttempt)).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'STORAGE_FAILED' }) }),
    );
  });

  it('leaves what another process is writing, and not for ever', () => {
    const { state, versions } = begin(Date.now() + 4_000_000);
    versions.add(one.digest, one.tarball);
    const unfinished = join(state, 'plugins/versions/.other.new');
    writeFileSync(unfinished, '');
    openPluginVersions(state, { now: () => Date.now() }).keepInstalled([]);
    expect(filesIn(state)).toEqual(['versions/.other.new']);
    versions.keepInstalled([]);
    expect(filesIn(state)).toEqual([]);
  });
});

describe('an agent that is killed while it keeps versions', () => {
  it('leaves what a run began with whole, or nothing of it, and nothing that stays', { timeout: 60_000 }, async () => {
    const killedAt = async (count: number): Promise<boolean> => {
      const { state, versions } = begin();
      const child = spawn(process.execPath, [script, state, String(count)], { stdio: ['ignore', 'ignore', 'inherit'] });
      const [code, signal] = await once(child, 'close');
      const found = [await keptFor(versions, 1), await keptFor(versions, 2)];
      expect([
        [undefined, undefined],
        [['one', 'three'], undefined],
        [undefined, ['three']],
      ]).toContainEqual(found);
      // Whoever comes next does the same to its end, and leaves nothing but what may yet be written.
      await keepAndRelease(state);
      expect(filesIn(state).filter((name) => !/^versions\/\.[^/]*\.new$/u.test(name))).toEqual([]);
      return code === 0 && signal === null;
    };
    let count = 0;
    let isDone = false;
    while (!isDone) {
      const points = Array.from({ length: 6 }, (_, index) => count + index + 1);
      isDone = (await Promise.all(points.map(killedAt))).includes(true);
      count += points.length;
    }
    expect(count).toBeGreaterThan(6);
  });
});
