import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { detectCgroup } from '../../cgroup/index.ts';
import { delegatedToTests } from '../../cgroup/testing/delegated.ts';
import { requestOf, script } from '../../testing/invocation.ts';
import { startSupervisor } from '../../testing/supervisors.ts';
import { systemPowers } from '../powers.ts';

const isDelegated = await needs('cgroup');
const mebibyte = 1024 * 1024;

/** A supervisor at level 4, and the folder of its hosts' groups. */
async function levelFour(options: Parameters<typeof startSupervisor>[0] = {}) {
  const cgroups = delegatedToTests();
  const found = detectCgroup(cgroups);
  if (found.kind === 'unavailable') throw new Error(found.why);
  const supervisor = await startSupervisor({ cgroups, ...options });
  return { supervisor, hosts: join(found.folder, 'hosts') };
}

/** Resolves when the kernel has no group of ours any more. */
async function empty(hosts: string): Promise<readonly string[]> {
  const groups = () => readdirSync(hosts, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  while (groups().length > 0) await new Promise((resolve) => setImmediate(resolve));
  return groups().map(({ name }) => name);
}

describe.skipIf(!isDelegated)('level 4', () => {
  it('is what the machine gives, and puts every process of a host into a group with limits', async () => {
    const { supervisor, hosts } = await levelFour();
    expect([supervisor.level, supervisor.missing]).toEqual([4, []]);
    const outcome = await supervisor.invoke(requestOf(script('return { n: 1 };'), { required_level: 4 }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { n: 1 } });
    for (const { pid } of supervisor.hosts()) {
      const group = join('/sys/fs/cgroup', readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice('0::'.length));
      expect(group.startsWith(hosts)).toBe(true);
      const limit = (name: string) => readFileSync(join(group, name), 'utf8').trim();
      expect(Number(limit('memory.max'))).toBeLessThan(256 * mebibyte);
      expect(['0', 'absent']).toContain(
        existsSync(join(group, 'memory.swap.max')) ? limit('memory.swap.max') : 'absent',
      );
      expect([limit('memory.oom.group'), limit('pids.max')]).toEqual(['1', '32']);
      // bubblewrap, the init of its namespace, and Node: all were born there.
      expect(limit('cgroup.procs').split('\n')).toHaveLength(3);
    }
  });

  it('leaves no group behind', async () => {
    const { supervisor, hosts } = await levelFour();
    await supervisor.invoke(requestOf(script('return {};')));
    await supervisor[Symbol.asyncDispose]();
    expect(await empty(hosts)).toEqual([]);
  });

  it('has the kernel end a bomb where the watchdog does not look, and calls it OUT_OF_MEMORY', async () => {
    const powers = { ...systemPowers, every: () => () => {} };
    const { supervisor } = await levelFour({ powers });
    const bomb = script('const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1));');
    expect(await supervisor.invoke(requestOf(bomb))).toMatchObject({
      kind: 'failed',
      class: 'limit',
      error: { code: 'OUT_OF_MEMORY' },
    });
  });

  it('kills at the deadline, all of it', async () => {
    const { supervisor, hosts } = await levelFour({ pool: { spares: { isolate: 0, wasm: 0 } } });
    const outcome = await supervisor.invoke(requestOf(script('for (;;) {}'), { limits: { timeout_ms: 300 } }));
    expect(outcome).toMatchObject({ error: { code: 'TIMEOUT' } });
    await supervisor[Symbol.asyncDispose]();
    expect(await empty(hosts)).toEqual([]);
  });
});

describe.skipIf(!isDelegated)('an agent that is killed at level 4', () => {
  it('takes its hosts with it, and the next one removes their groups', async () => {
    const { hosts } = await levelFour();
    const file = fileURLToPath(new URL('./testing/looping-agent.ts', import.meta.url));
    const agent = spawn(process.execPath, [file, '4'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(agent, 'exit');
    const [line] = (await once(createInterface({ input: agent.stdout }), 'line')) as [string];
    // It prints the process ids of its hosts.
    const pids = JSON.parse(line) as readonly number[];
    const groups = () => readdirSync(hosts).filter((name) => name.startsWith(`${agent.pid}-`));
    expect(pids.length).toBeGreaterThan(0);
    expect(groups().length).toBeGreaterThan(0);
    agent.kill('SIGKILL');
    await ended;
    await levelFour();
    while (groups().length > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

describe('without a delegated group', () => {
  it('the level is lower, and the reason exact', async () => {
    const cgroups = {
      ...delegatedToTests(),
      readText: (path: string) => (path === '/proc/self/cgroup' ? '4:memory:/x\n' : undefined),
    };
    const supervisor = await startSupervisor({ cgroups });
    expect(supervisor.level).toBeLessThan(4);
    expect(supervisor.missing.join('\n')).toContain('level 4: the kernel has no cgroup v2 for this process');
    expect(await supervisor.invoke(requestOf(script('return {};'), { required_level: 4 }))).toMatchObject({
      error: { code: 'CONFINEMENT_UNAVAILABLE', message: expect.stringContaining('requires confinement level 4') },
    });
  });
});
