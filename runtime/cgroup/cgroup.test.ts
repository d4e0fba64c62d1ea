import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { detectCgroup } from './detect.ts';
import { gated, gateOpener } from './gate.ts';
import { kernelLikeTree } from './testing/kernel-like-tree.ts';
import { CgroupTree } from './tree.ts';

const unit = '/system.slice/waterflow-agent.service';

describe('a delegated group', () => {
  it('is found by the mount and the group of this process', () => {
    const { root, powers } = kernelLikeTree(unit);
    expect(detectCgroup(powers)).toEqual({ kind: 'delegated', folder: join(root, unit) });
  });

  it('is found in a container that sees only its own part of the hierarchy', () => {
    const { root, powers, proc } = kernelLikeTree('/');
    writeFileSync(join(root, 'cgroup.type'), 'domain\n');
    proc.set('/proc/self/mountinfo', `30 24 0:26 /docker/abc ${root} rw - cgroup2 cgroup rw\n`);
    proc.set('/proc/self/cgroup', '0::/docker/abc\n');
    expect(detectCgroup(powers)).toEqual({ kind: 'delegated', folder: root });
  });

  it('is still found when the agent has moved into its leaf', () => {
    const { root, powers } = kernelLikeTree(unit);
    CgroupTree.takeOver(join(root, unit), powers);
    expect(detectCgroup(powers)).toEqual({ kind: 'delegated', folder: join(root, unit) });
    // Again: as doctor and tests do, with several supervisors in one process.
    expect(() => CgroupTree.takeOver(join(root, unit), powers)).not.toThrow();
  });
});

describe('what is not delegated', () => {
  const whyOf = (change: (tree: ReturnType<typeof kernelLikeTree>) => void): string => {
    const tree = kernelLikeTree(unit);
    change(tree);
    const found = detectCgroup(tree.powers);
    return 'why' in found ? `${found.why}. ${found.remedy}` : found.kind;
  };

  it('is told from a machine without groups', () => {
    expect(whyOf(({ proc }) => proc.delete('/proc/self/cgroup'))).toMatch(/no \/proc\/self\/cgroup.*Linux/);
    expect(whyOf(({ proc }) => proc.set('/proc/self/cgroup', '4:memory:/\n1:cpu:/\n'))).toMatch(/no cgroup v2/);
    expect(whyOf(({ proc }) => proc.set('/proc/self/mountinfo', '1 1 0:1 / / rw - ext4 d rw\n'))).toMatch(
      /not mounted/,
    );
  });

  it('names the controllers that are missing, and cgroup v1 where it holds them', () => {
    const withHugetlb = (tree: ReturnType<typeof kernelLikeTree>) =>
      tree.write(`${unit}/cgroup.controllers`, 'hugetlb\n');
    expect(whyOf(withHugetlb)).toMatch(/lacks the controllers memory and pids \(it has hugetlb\).*Delegate=yes/);
    const withVersionOne = (tree: ReturnType<typeof kernelLikeTree>) => {
      withHugetlb(tree);
      tree.proc.set('/proc/self/cgroup', `4:memory:/x\n0::${unit}\n`);
    };
    expect(whyOf(withVersionOne)).toMatch(/in cgroup v1.*systemd.unified_cgroup_hierarchy=1/);
  });

  it('leaves the machine root alone, and groups that hold processes of others', () => {
    const root = kernelLikeTree('/');
    expect(detectCgroup(root.powers)).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('root group'),
    });
    const shell = (tree: ReturnType<typeof kernelLikeTree>) => {
      tree.write(`${unit}/cgroup.procs`, '1000\n4711\n');
      tree.proc.set('/proc/4711/comm', 'bash\n');
    };
    expect(whyOf(shell)).toMatch(/holds other processes as well: 4711 \(bash\)/);
  });

  it('is what this user may not write to', () => {
    const tree = kernelLikeTree(unit);
    const canWrite = (path: string) => !path.endsWith('subtree_control');
    expect(detectCgroup({ ...tree.powers, canWrite })).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining("cgroup.subtree_control can't be written"),
    });
  });
});

describe('a tree', () => {
  it('moves the agent before it hands the controllers down, and makes groups with their limits', async () => {
    const { root, powers, read } = kernelLikeTree(unit);
    const tree = CgroupTree.takeOver(join(root, unit), powers);
    expect(read(`${unit}/agent/cgroup.procs`)).toBe('1000\n');
    expect(read(`${unit}/cgroup.procs`)).toBe('');
    const group = tree.create('hosts', { memory_bytes: 1024, pids: 16 });
    const at = group.folder.slice(root.length);
    expect(at).toMatch(/^\/system.slice\/waterflow-agent.service\/hosts\/1000-\d+$/);
    expect([read(`${at}/memory.max`), read(`${at}/memory.swap.max`), read(`${at}/memory.oom.group`)]).toEqual([
      '1024',
      '0',
      '1',
    ]);
    expect(read(`${at}/pids.max`)).toBe('16');
    group.add(77);
    expect(group.processes()).toEqual([77]);
    group.kill();
    expect(await group.remove()).toBe(true);
    expect(powers.folders(join(root, unit, 'hosts'))).toEqual([]);
  });

  it('waits with the removal until the killed processes are gone', async () => {
    const { root, powers } = kernelLikeTree(unit);
    let pauses = 0;
    const patient = {
      ...powers,
      pause: async () => {
        pauses += 1;
        if (pauses === 3) group.kill();
      },
    };
    const group = CgroupTree.takeOver(join(root, unit), patient).create('execs', {});
    group.add(77);
    expect(await group.remove()).toBe(true);
    expect(pauses).toBe(3);
  });

  it('removes what a killed agent left behind, and nothing of one that lives', () => {
    const { root, powers, proc, makeGroup } = kernelLikeTree(unit);
    proc.set('/proc/2000/stat', '2000 (node) S');
    CgroupTree.takeOver(join(root, unit), powers);
    makeGroup(`${unit}/hosts/1999-1`);
    makeGroup(`${unit}/hosts/2000-1`);
    CgroupTree.takeOver(join(root, unit), powers);
    expect(powers.folders(join(root, unit, 'hosts'))).toEqual(['2000-1']);
  });

  it('reads what a group used and ran into', () => {
    const { root, powers, write } = kernelLikeTree(unit);
    const group = CgroupTree.takeOver(join(root, unit), powers).create('hosts', { memory_bytes: 1 });
    const at = group.folder.slice(root.length);
    expect(group.facts()).toEqual({ memory_bytes: 0, cpu_ms: 0, oom_kills: 0, refused_processes: 0 });
    write(`${at}/memory.current`, '4096\n');
    write(`${at}/cpu.stat`, 'usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n');
    write(`${at}/memory.events`, 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 2\n');
    write(`${at}/pids.events`, 'max 3\n');
    expect(group.facts()).toEqual({ memory_bytes: 4096, cpu_ms: 1.5, oom_kills: 2, refused_processes: 3 });
  });
});

describe('the gate', () => {
  const start = (words: readonly string[]) => {
    const { command, argv } = gated(words, 3);
    return spawn(command, argv, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  };

  it('lets a command begin, as the same process, when it is opened', async () => {
    const child = start(['/bin/sh', '-c', 'echo "$$ $1"', 'x', "it's $HOME"]);
    // The fourth descriptor is a pipe.
    (child.stdio[3] as NodeJS.WritableStream).write(gateOpener);
    expect(await text(child.stdout ?? Readable.from([]))).toBe(`${child.pid} it's $HOME\n`);
  });

  it('ends what was never let in', async () => {
    const child = start(['/bin/echo', 'in']);
    const said = text(child.stdout ?? Readable.from([]));
    (child.stdio[3] as NodeJS.WritableStream).end();
    const [code] = await once(child, 'exit');
    expect([await said, code]).toEqual(['', 125]);
  });
});
