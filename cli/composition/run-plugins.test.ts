import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../../dsl/index.ts';
import type { AbsolutePath, Plan, RunId } from '../../schemas/index.ts';
import { installWorld } from '../testing/install-world.ts';
import { testTerminal } from '../testing/terminal.ts';
import { keepVersionsIn } from './plugin-versions.ts';
import { openPlugins } from './plugins.ts';
import { RunVersions } from './run-versions.ts';

const asks = 'permissions: { net: [{ url: "https://example.com/*", reason: x }] }';
// Of the form of run ids.
const run = 'run-01m86njv3pggrdbefenr1ks7jc' as RunId;

/** A machine on which acme-tool 1.2.0 is installed, and processes there, each of which takes the run up. */
async function begin() {
  const world = installWorld();
  const install = async (version: string): Promise<string> => {
    const { path, digest } = await world.pack({ manifest: asks, version, code: `export default () => '${version}';` });
    expect(await world.run(['install', path, '--yes'])).toMatchObject({ code: 0 });
    return digest;
  };
  const digest = await install('1.2.0');
  const state = join(world.cwd, 'kept') as AbsolutePath; // Below an absolute path.
  const plan = planOf('on: manual\njobs: { a: { steps: [{ uses: acme-tool@v1 }] } }\n', world.plugins);
  /** Another process. */
  const process = (attempt = 1, over: readonly RunId[] = []) => {
    const terminal = testTerminal({ cwd: world.cwd, env: { PLUGIN_DIR: world.plugins, HOME: world.cwd } });
    const versions = new RunVersions(terminal, keepVersionsIn(terminal, state), async (one) => over.includes(one));
    const found = async (uses = 'acme-tool@v1'): Promise<string> => {
      const plugins = await versions.take({ run, attempt, plan }, openPlugins(terminal, []));
      const resolved = await plugins.resolve(uses, undefined);
      if ('error' in resolved) return resolved.error.code;
      const { identity, origin, signers = [], code } = resolved.plugin;
      const main = code.runtime === 'isolate' ? code.modules[code.main] : '';
      expect(main).toContain(identity.version);
      return [identity.version, origin, ...signers.map(({ name }) => name)].join(' ');
    };
    return { versions, found };
  };
  const kept = (): readonly string[] => readdirSync(join(state, 'plugins/runs'));
  return { world, state, install, digest, process, kept };
}

function planOf(text: string, folder: AbsolutePath): Plan {
  const terminal = testTerminal({ env: { PLUGIN_DIR: folder } });
  const compiled = compile(text, { file: 'w.yml', catalogue: openPlugins(terminal, []).nodes(undefined) });
  if (compiled.plan === undefined) throw new TypeError(JSON.stringify(compiled.diagnostics));
  return compiled.plan;
}

describe('a run that goes on in another process', () => {
  it('has what it began with, as it was approved and signed then, though it was updated, and a rerun what is there now', async () => {
    const { install, process } = await begin();
    expect(await process().found()).toBe('1.2.0 approved acme');
    await install('1.3.0');
    expect(await process().found()).toBe('1.2.0 approved acme');
    expect(await process(2).found()).toBe('1.3.0 approved acme');
  });

  it('has what it began with, though it was removed', async () => {
    const { world, process } = await begin();
    await process().found();
    expect(await world.run(['remove', 'acme-tool'])).toMatchObject({ code: 0 });
    expect(await process().found()).toBe('1.2.0 approved acme');
    expect(await process(2).found()).toBe('PLUGIN_NOT_FOUND');
  });

  it('has what it began with, though other bytes lie in its folder', async () => {
    const { world, process } = await begin();
    await process().found();
    writeFileSync(join(world.plugins, 'acme-tool@1.2.0/index.ts'), 'export default 2;');
    expect(await process().found()).toBe('1.2.0 approved acme');
    expect(await process(2).found()).toBe('PLUGIN_SWAPPED');
  });

  it('has nothing rather than other bytes, where what was kept was changed', async () => {
    const { install, state, digest, process } = await begin();
    await process().found();
    await install('1.3.0');
    writeFileSync(join(state, 'plugins/runs', run, `${digest.slice('sha256:'.length)}.tar`), 'other bytes');
    expect(await process().found()).toBe('PLUGIN_MISSING');
  });

  it('has what is there now, where it used nothing of the plugin folder when it began', async () => {
    const { world, process, state } = await begin();
    rmSync(join(world.plugins, 'acme-tool@1.2.0'), { recursive: true });
    expect(await process().found()).toBe('PLUGIN_NOT_FOUND');
    expect(() => readdirSync(join(state, 'plugins/runs'))).toThrow('ENOENT');
  });
});

describe('what a run began with', () => {
  it('goes when the run ends, not when its process does', async () => {
    const { process, kept } = await begin();
    const [one, other] = [process(), process()];
    await one.found();
    one.versions.leave(run);
    expect(kept()).toEqual([run]);
    await other.found();
    other.versions.end(run);
    expect(kept()).toEqual([]);
  });

  it('goes by the next sweep where nothing told so, and nobody has the run', async () => {
    const { process, kept } = await begin();
    const { versions, found } = process(1, [run]);
    await found();
    await versions.sweep();
    expect(kept()).toEqual([run]);
    versions.leave(run);
    await process().versions.sweep();
    expect(kept()).toEqual([run]);
    await versions.sweep();
    expect(kept()).toEqual([]);
  });
});
