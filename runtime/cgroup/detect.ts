import { posix } from 'node:path';
import type { CgroupPowers } from './powers.ts';

/** Whether this process has a part of the machine's control groups to divide as it likes (cgroup v2, "delegation"). */
export type CgroupDetection =
  | {
      readonly kind: 'delegated';
      /** The folder of the group that was delegated, under the mount point. */
      readonly folder: string;
    }
  | {
      readonly kind: 'unavailable';
      readonly why: string;
      readonly remedy: string;
    };

/** The controllers without which a group bounds nothing. */
export const neededControllers: readonly string[] = ['memory', 'pids'];
/** The group that the agent itself moves into: a group with groups in it may hold no process (kernel: cgroup-v2.rst, "No Internal Process Constraint"). */
export const agentLeaf = 'agent';

const ownGroup =
  'Start the agent in a group of its own: a systemd unit with `Delegate=yes`, or `systemd-run --user --scope -p Delegate=yes waterflow …`.';

/** Looks, and changes nothing. Says exactly what is missing where it isn't delegated. */
export function detectCgroup(powers: CgroupPowers): CgroupDetection {
  const own = powers.readText('/proc/self/cgroup');
  if (own === undefined) return unavailable('there is no /proc/self/cgroup', 'Run the agent on Linux, with /proc.');
  const path = /^0::(\/.*)$/m.exec(own)?.[1];
  if (path === undefined) {
    return unavailable(
      'the kernel has no cgroup v2 for this process',
      'Boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1).',
    );
  }
  const mount = findMount(powers.readText('/proc/self/mountinfo') ?? '', path);
  if (mount === undefined) {
    return unavailable(
      `cgroup v2 is not mounted where this process could see its group ${path}`,
      'Mount it: mount -t cgroup2 none /sys/fs/cgroup; in a container give it a cgroup namespace of its own.',
    );
  }
  const group = posix.join(mount.point, posix.relative(mount.root, path));
  return checkGroup(delegatedFolder(group, powers), { powers, usesVersionOne: /^\d+:[^:]*\bmemory\b/m.test(own) });
}

/** An agent that has moved already sits in the leaf of what was delegated. */
function delegatedFolder(group: string, powers: CgroupPowers): string {
  const parent = posix.dirname(group);
  const hasMoved =
    posix.basename(group) === agentLeaf &&
    (powers.readText(posix.join(parent, 'cgroup.subtree_control')) ?? '').includes('memory');
  return hasMoved ? parent : group;
}

function checkGroup(
  folder: string,
  given: { readonly powers: CgroupPowers; readonly usesVersionOne: boolean },
): CgroupDetection {
  const { powers } = given;
  const controllers = (powers.readText(posix.join(folder, 'cgroup.controllers')) ?? '').split(/\s+/).filter(Boolean);
  const missing = neededControllers.filter((name) => !controllers.includes(name));
  if (missing.length > 0) {
    const has = controllers.length === 0 ? 'none' : controllers.join(', ');
    const why = `the group ${folder} lacks the controllers ${missing.join(' and ')} (it has ${has})`;
    return given.usesVersionOne
      ? unavailable(
          `${why}, since this machine has them in cgroup v1`,
          'Boot with cgroup v2 alone (systemd.unified_cgroup_hierarchy=1, cgroup_no_v1=all).',
        )
      : unavailable(why, `Have them delegated, too. ${ownGroup}`);
  }
  // Every group but the machine's root has a type.
  if (powers.readText(posix.join(folder, 'cgroup.type')) === undefined) {
    return unavailable(`the agent runs in the root group ${folder}, which is nobody's to divide`, ownGroup);
  }
  for (const file of ['cgroup.procs', 'cgroup.subtree_control']) {
    if (!powers.canWrite(posix.join(folder, file))) {
      return unavailable(`the group ${folder} is not delegated to this user: ${file} can't be written`, ownGroup);
    }
  }
  const others = foreignProcesses(folder, powers);
  if (others.length > 0) {
    const named = others.slice(0, 3).map((pid) => nameOf(pid, powers));
    return unavailable(`the group ${folder} holds other processes as well: ${named.join(', ')}`, ownGroup);
  }
  return { kind: 'delegated', folder };
}

/** Of the mount that shows the group: the part of the hierarchy that it shows (4th field), and where (5th); proc_pid_mountinfo(5). */
function findMount(mountinfo: string, path: string): { readonly root: string; readonly point: string } | undefined {
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, point] = before.split(' ');
    if (root === undefined || point === undefined || !after.startsWith('cgroup2 ')) continue;
    if (root === '/' || path === root || path.startsWith(`${root}/`)) return { root, point: unescape(point) };
  }
  return undefined;
}

/** Spaces and the like stand there in octal. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}

function foreignProcesses(folder: string, powers: CgroupPowers): readonly number[] {
  const pids = (powers.readText(posix.join(folder, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number);
  return pids.filter((pid) => !powers.ownProcesses.includes(pid));
}

function nameOf(pid: number, powers: CgroupPowers): string {
  // 0 is a process of another pid namespace.
  return pid === 0
    ? 'one outside of this container'
    : `${pid} (${powers.readText(`/proc/${pid}/comm`)?.trim() ?? '?'})`;
}

function unavailable(why: string, remedy: string): CgroupDetection {
  return { kind: 'unavailable', why, remedy };
}
