import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CgroupPowers, systemCgroupPowers } from '../powers.ts';

/** A folder of files that behaves as cgroupfs does, as far as dividing it goes; a machine without cgroup v2 has no other. */
export interface KernelLikeTree {
  /** Stands for the mount point. */
  readonly root: string;
  readonly powers: CgroupPowers;
  /** Text of a file below the root. */
  readonly read: (path: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly makeGroup: (path: string) => void;
  /** What /proc files say, by path. */
  readonly proc: Map<string, string>;
}

const self = 1000;

/** The root has its controllers; `own` is the group that this process (1000) is in. */
export function kernelLikeTree(own: string): KernelLikeTree {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const proc = new Map([
    ['/proc/self/mountinfo', `30 24 0:26 / ${root} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`],
    ['/proc/self/cgroup', `0::${own}\n`],
  ]);
  const powers: CgroupPowers = {
    ...systemCgroupPowers,
    ownProcesses: [self],
    readText: (path) => (path.startsWith('/proc/') ? proc.get(path) : systemCgroupPowers.readText(path)),
    makeFolder: (path) => populate(path, root),
    removeFolder: (path) => {
      if (readFileSync(join(path, 'cgroup.procs'), 'utf8') !== '') throw refusal('EBUSY');
      rmSync(path, { recursive: true });
    },
    writeText: (path, text) => obey(path, text, { root, proc }),
  };
  populateRoot(root);
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  const makeGroup = (path: string) => {
    for (const part of ancestors(path)) {
      if (existsSync(join(root, part))) continue;
      populate(join(root, part), root);
      // As systemd does for what it delegates.
      if (part !== path) write(join(part, 'cgroup.subtree_control'), 'memory pids\n');
    }
  };
  makeGroup(own);
  write(join(own, 'cgroup.procs'), `${self}\n`);
  return { root, powers, proc, write, makeGroup, read: (path) => readFileSync(join(root, path), 'utf8') };
}

function ancestors(path: string): readonly string[] {
  return path === '/' ? [] : [...ancestors(dirname(path)), path];
}

function populateRoot(root: string): void {
  writeFileSync(join(root, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  writeFileSync(join(root, 'cgroup.subtree_control'), 'memory pids\n');
  writeFileSync(join(root, 'cgroup.procs'), '');
}

/** A new group has what its parent hands down. */
function populate(path: string, root: string): void {
  mkdirSync(path);
  const controllers = readFileSync(join(dirname(path), 'cgroup.subtree_control'), 'utf8');
  const files = { 'cgroup.controllers': controllers, 'cgroup.type': 'domain\n', 'cgroup.subtree_control': '' };
  for (const [name, text] of Object.entries({ ...files, 'cgroup.procs': '', 'cgroup.kill': '' })) {
    writeFileSync(join(path, name), text);
  }
  if (path !== root && controllers.includes('memory')) {
    for (const name of ['memory.max', 'memory.swap.max', 'memory.oom.group', 'pids.max']) {
      writeFileSync(join(path, name), 'max\n');
    }
  }
}

function obey(path: string, text: string, tree: { readonly root: string; readonly proc: Map<string, string> }): void {
  if (!existsSync(path)) throw refusal('ENOENT');
  const folder = dirname(path);
  switch (basename(path)) {
    case 'cgroup.procs': {
      const own = tree.proc.get('/proc/self/cgroup') ?? '';
      const from = join(tree.root, own.trim().replace('0::', ''), 'cgroup.procs');
      const left = readFileSync(from, 'utf8')
        .split('\n')
        .filter((pid) => pid !== '' && pid !== text);
      writeFileSync(from, left.map((pid) => `${pid}\n`).join(''));
      writeFileSync(path, `${readFileSync(path, 'utf8')}${text}\n`);
      if (text === `${self}`) tree.proc.set('/proc/self/cgroup', `0::/${folder.slice(tree.root.length + 1)}\n`);
      return;
    }
    case 'cgroup.subtree_control': {
      // No internal processes.
      if (readFileSync(join(folder, 'cgroup.procs'), 'utf8') !== '') throw refusal('EBUSY');
      const offered = readFileSync(join(folder, 'cgroup.controllers'), 'utf8');
      const wanted = text.split(' ').map((name) => name.replace('+', ''));
      if (wanted.some((name) => !offered.includes(name))) throw refusal('ENOENT');
      writeFileSync(path, `${wanted.join(' ')}\n`);
      return;
    }
    case 'cgroup.kill':
      writeFileSync(join(folder, 'cgroup.procs'), '');
      return;
    default:
      writeFileSync(path, text);
  }
}

function refusal(code: string): Error {
  return Object.assign(new Error(code), { code });
}
