import { spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { requestOf, script } from '../../testing/invocation.ts';
import { startSupervisor } from '../../testing/supervisors.ts';
import type { ConfinementLevel } from '../api.ts';
import { inspectConfinement, systemPath } from '../index.ts';
import { systemPowers } from '../powers.ts';

const hasBwrap = await needs('bwrap');
const isLinux = process.platform === 'linux';

describe.each(['isolate', 'wasm'] as const)('a confined %s host, seen from inside', (runtime) => {
  it.skipIf(!hasBwrap)('has no network, no processes, no files and no power', async () => {
    const facts = await inspectConfinement({ runtime, level: 3, path: systemPath });
    expect(facts).toEqual({
      uid: 65534,
      environment: ['PWD'],
      root: ['dev', 'lib', 'lib64', 'n'],
      interfaces: [],
      can: {
        connect: false,
        listen: false,
        spawn: false,
        write_root: false,
        read_etc: false,
        read_proc: false,
        signal_agent: false,
      },
    });
  });

  it.skipIf(!hasBwrap)('has an empty network and root even without the filter', async () => {
    const facts = await inspectConfinement({ runtime, level: 2, path: systemPath });
    expect(facts.interfaces).toEqual([]);
    expect(facts.can).toMatchObject({ write_root: false, read_etc: false, read_proc: false, signal_agent: false });
  });
});

describe('the level', () => {
  const levels: readonly ConfinementLevel[] = hasBwrap ? [0, 1, 2, 3] : [0, 1];

  it.skipIf(!isLinux).each(levels)('%i is what the supervisor says it is, and plugins run on it', async (level) => {
    const supervisor = await startSupervisor({ highest_level: level });
    expect(supervisor.level).toBe(level);
    const outcome = await supervisor.invoke(requestOf(script('return { n: 1 };'), { required_level: level }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { n: 1 } });
  });

  it('falls where a program is missing, and says which', async () => {
    const supervisor = await startSupervisor({ path: '/nowhere' });
    expect(supervisor.level).toBe(0);
    expect(supervisor.missing.join('\n')).toContain('bubblewrap (bwrap) is not installed');
    expect(supervisor.missing.join('\n')).toContain('prlimit (util-linux) is not installed');
  });

  it.skipIf(!isLinux)('falls where bubblewrap is there and does not work', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waterflow-test-'));
    try {
      const { symlink, writeFile, chmod } = await import('node:fs/promises');
      await chmod(folder, 0o755);
      await writeFile(
        join(folder, 'bwrap'),
        '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
      );
      await chmod(join(folder, 'bwrap'), 0o755);
      await symlink('/usr/bin/prlimit', join(folder, 'prlimit'));
      const supervisor = await startSupervisor({ path: folder });
      expect(supervisor.level).toBe(1);
      expect(supervisor.missing.join('\n')).toContain('No permissions to create new namespace');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.skipIf(!isLinux)('1 and above bound memory from outside, whatever the guest does', async () => {
    const supervisor = await startSupervisor({ highest_level: 1 });
    const bomb = script('const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1));');
    expect(await supervisor.invoke(requestOf(bomb))).toMatchObject({
      kind: 'failed',
      error: { code: 'OUT_OF_MEMORY' },
    });
  });
});

describe.skipIf(!isLinux)('a host process', () => {
  it('gets no descriptor that the agent itself was started with', async () => {
    // Started with an open file at 250, as a launcher that forgets close-on-exec would do.
    const agent = spawnAgent({ extraDescriptor: 250 });
    const [pid = 0] = (await agent.pids) ?? [];
    const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => [fd, readlinkSync(`/proc/${pid}/fd/${fd}`)] as const);
    expect(targets.find(([fd]) => fd === '250')).toBeUndefined();
    expect(targets.filter(([, target]) => target.includes('package.json'))).toEqual([]);
    agent.process.kill('SIGKILL');
    await agent.ended;
  });

  it.each(hasBwrap ? [1, 3] : [1])(
    'ends with its agent at level %i, even when that is killed and the guest never looks up',
    async (level) => {
      const agent = spawnAgent({ level });
      const pids = (await agent.pids) ?? [];
      expect(pids.length).toBeGreaterThan(0);
      agent.process.kill('SIGKILL');
      await agent.ended;
      for (const pid of pids) await gone(pid);
    },
  );

  it.skipIf(!hasBwrap)('lets no guest in while the kernel would not yet end it with its agent', async () => {
    // Until then the first process of its namespace is at work; here it seems so for a while longer.
    let looks = 3;
    const readText = (path: string) => {
      const text = systemPowers.readText(path);
      if (!/^\/proc\/[0-9]+\/stat$/.test(path) || looks === 0) return text;
      looks -= 1;
      return text?.replace(') S ', ') R ');
    };
    await startSupervisor({ powers: { ...systemPowers, readText }, pool: { spares: { isolate: 0, wasm: 0 } } });
    expect(looks).toBe(0);
  });
});

/** Starts an agent of its own whose plugin loops for ever; tells its hosts' process ids when the plugin runs. */
function spawnAgent(options: { readonly extraDescriptor?: number; readonly level?: number }) {
  const file = fileURLToPath(new URL('./testing/looping-agent.ts', import.meta.url));
  const extra = options.extraDescriptor;
  const stdio: ('ignore' | 'pipe' | 'inherit' | number)[] = ['ignore', 'pipe', 'inherit'];
  if (extra !== undefined) {
    while (stdio.length < extra) stdio.push('ignore');
    stdio.push(openSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'r'));
  }
  const agent = spawn(process.execPath, [file, `${options.level ?? 3}`], { stdio });
  const lines = agent.stdout === null ? undefined : createInterface({ input: agent.stdout });
  const pids = new Promise<readonly number[] | undefined>((resolve) => {
    lines?.on('line', (line) => resolve(JSON.parse(line)));
    agent.on('exit', () => resolve(undefined));
  });
  return { process: agent, pids, ended: new Promise<void>((resolve) => agent.on('exit', () => resolve())) };
}

/** Resolves when a process is gone, or dead and only not yet collected. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
