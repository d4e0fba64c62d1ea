import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import type { ExecSandbox } from '../../runtime/capabilities/capability.ts';
import { CgroupTree, detectCgroup, systemCgroupPowers } from '../../runtime/cgroup/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';

/** What is asked of the machine. */
export interface MachinePowers {
  /** True for a file that can be executed. */
  isExecutable(path: string): boolean;
  isFolder(path: string): boolean;
  /** True where the program starts and ends with exit code 0. */
  succeeds(command: string, args: readonly string[]): boolean;
  /** Control groups for programs; undefined where none were delegated to the agent. */
  groups(): ExecSandbox['groups'];
}

/** The nobody of Linux: who a confined program runs as where the agent is root. */
const nobody = 65_534;

/** A program that proves bubblewrap: it starts only where new namespaces can be made. */
const probe = ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '--dev', '/dev', '--', 'true'];

/**
 * What this machine offers to an exec. `path` is the agent's own PATH: relative folders in it would be looked up where a step
 * can write, so they don't count.
 */
export function findExecSandbox(path: string, uid: number | undefined, machine: MachinePowers): ExecSandbox {
  // Absolute and normalized by these very checks.
  const folders = path
    .split(':')
    .filter((folder) => isAbsolute(folder) && machine.isFolder(folder))
    .map((folder) => normalize(folder) as AbsolutePath);
  const find = (name: string): AbsolutePath | undefined => {
    const found = folders.map((folder) => join(folder, name)).find((candidate) => machine.isExecutable(candidate));
    // Joined to an absolute folder.
    return found as AbsolutePath | undefined;
  };
  const bwrap = find('bwrap');
  const groups = machine.groups();
  return {
    bwrap: bwrap !== undefined && machine.succeeds(bwrap, probe) ? bwrap : undefined,
    prlimit: find('prlimit'),
    path: [...new Set(folders)],
    user: uid === 0 ? { uid: nobody, gid: nobody } : undefined,
    ...(groups === undefined ? {} : { groups }),
  };
}

/** This machine. */
export const thisMachine: MachinePowers = {
  isExecutable: (path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  },
  isFolder: (path) => {
    try {
      return statSync(path).isDirectory();
    } catch {
      // Missing, or in a folder that this user may not enter: a PATH often names one.
      return false;
    }
  },
  succeeds: (command, args) => spawnSync(command, args, { stdio: 'ignore', timeout: 10_000, env: {} }).status === 0,
  groups: () => {
    const found = detectCgroup(systemCgroupPowers);
    return found.kind === 'delegated' ? CgroupTree.takeOver(found.folder, systemCgroupPowers) : undefined;
  },
};
