import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** What control groups need of the machine. Tests hand in a tree of their own; `systemCgroupPowers` are the real ones. */
export interface CgroupPowers {
  /** A file's text, undefined where it can't be read. */
  readText(path: string): string | undefined;
  /** Writes to a file that is there, in one write. Throws the system's error: the kernel refuses that way. */
  writeText(path: string, text: string): void;
  /** Whether a file is there and may be written to. */
  canWrite(path: string): boolean;
  /** Names of the folders in a folder; none where it isn't there. */
  folders(path: string): readonly string[];
  makeFolder(path: string): void;
  /** Of a group, which is empty but for the kernel's own files. Throws while it has processes. */
  removeFolder(path: string): void;
  /** Resolves after that time. */
  pause(milliseconds: number): Promise<void>;
  /** This process, and the launcher that started it for itself, if there is one. */
  readonly ownProcesses: readonly number[];
}

/** Node's own. */
export const systemCgroupPowers: CgroupPowers = {
  readText: (path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return undefined;
    }
  },
  writeText: (path, text) => writeFileSync(path, text, { flag: 'r+' }),
  canWrite: (path) => {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  folders: (path) => {
    try {
      return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
    } catch {
      return [];
    }
  },
  makeFolder: (path) => mkdirSync(path),
  removeFolder: (path) => rmdirSync(path),
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  ownProcesses: [process.pid, ...launcher()],
};

/** bin/waterflow stays beside the Node 24 that it starts, with the same script as its argument. */
function launcher(): readonly number[] {
  const script = process.argv[1];
  if (script === undefined || !script.endsWith('/waterflow')) return [];
  try {
    return readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0').includes(script) ? [process.ppid] : [];
  } catch {
    return [];
  }
}
