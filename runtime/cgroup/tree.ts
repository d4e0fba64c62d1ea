import { posix } from 'node:path';
import { agentLeaf, neededControllers } from './detect.ts';
import { Cgroup, type CgroupLimits } from './group.ts';
import type { CgroupPowers } from './powers.ts';

/** What groups are made for: the processes that hold guests, and the programs that they have run. */
export type CgroupUse = 'hosts' | 'execs';

/** A delegated part of the machine's groups, divided: the agent in a leaf of its own, and a group of groups for each use. */
export class CgroupTree {
  /** Of this process, whatever tree they are in: names must not be taken twice. */
  static #made = 0;
  readonly folder: string;
  readonly #powers: CgroupPowers;

  private constructor(folder: string, powers: CgroupPowers) {
    this.folder = folder;
    this.#powers = powers;
  }

  /**
   * Takes over what detectCgroup() found: moves this process into its leaf, hands the controllers down, and removes groups that
   * agents left behind which were killed. Also where that is done already. Throws an Error that says what the kernel refused.
   */
  static takeOver(folder: string, powers: CgroupPowers): CgroupTree {
    const leaf = posix.join(folder, agentLeaf);
    ensureFolder(leaf, powers);
    for (const pid of powers.ownProcesses) write(posix.join(leaf, 'cgroup.procs'), `${pid}`, powers);
    const offered = (powers.readText(posix.join(folder, 'cgroup.controllers')) ?? '').split(/\s+/);
    const wanted = [...neededControllers, ...(offered.includes('cpu') ? ['cpu'] : [])];
    const control = wanted.map((name) => `+${name}`).join(' ');
    write(posix.join(folder, 'cgroup.subtree_control'), control, powers);
    const tree = new CgroupTree(folder, powers);
    for (const use of ['hosts', 'execs'] as const) {
      const parent = posix.join(folder, use);
      ensureFolder(parent, powers);
      write(posix.join(parent, 'cgroup.subtree_control'), control, powers);
      tree.#removeStale(parent);
    }
    return tree;
  }

  /** A new, empty group with its limits in force. Throws where the kernel refuses. */
  create(use: CgroupUse, limits: CgroupLimits): Cgroup {
    CgroupTree.#made += 1;
    const owner = this.#powers.ownProcesses[0] ?? 0;
    const folder = posix.join(this.folder, use, `${owner}-${CgroupTree.#made}`);
    this.#powers.makeFolder(folder);
    const group = new Cgroup(folder, this.#powers);
    try {
      group.limit(limits);
    } catch (error) {
      this.#powers.removeFolder(folder);
      throw error;
    }
    return group;
  }

  /** Groups are named after their agent's process id; what is in those of one that is gone is nobody's any more. */
  #removeStale(parent: string): void {
    for (const name of this.#powers.folders(parent)) {
      const owner = /^(\d+)-\d+$/.exec(name)?.[1];
      const isOurs = owner === undefined || this.#powers.ownProcesses.includes(Number(owner));
      if (isOurs || this.#powers.readText(`/proc/${owner}/stat`) !== undefined) continue;
      const stale = new Cgroup(posix.join(parent, name), this.#powers);
      stale.kill();
      void stale.remove();
    }
  }
}

function ensureFolder(path: string, powers: CgroupPowers): void {
  if (!powers.folders(posix.dirname(path)).includes(posix.basename(path))) powers.makeFolder(path);
}

/** One write, with an error that a person can act on. */
function write(path: string, text: string, powers: CgroupPowers): void {
  try {
    powers.writeText(path, text);
  } catch (cause) {
    // File operations throw the system's errors only.
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`the kernel refused to write \`${text}\` to ${path}: ${code ?? String(cause)}`, { cause });
  }
}
