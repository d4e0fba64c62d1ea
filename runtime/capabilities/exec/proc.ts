import { readdir, readFile } from 'node:fs/promises';

/** A process as /proc shows it. A pid alone may be another process a moment later; with the start time it is this one. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly state: string;
  /** In clock ticks since boot. */
  readonly startTime: string;
}

/** Reads /proc/PID/stat; undefined once the process is gone. Linux, proc_pid_stat(5). */
export async function readProcess(pid: number): Promise<ProcessInfo | undefined> {
  const text = await readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name is in parentheses and may hold anything, parentheses too; the fields after it don't.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = '', group = '', session = ''] = fields;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    state,
    startTime: fields[19] ?? '',
  };
}

/** Every process that this user can see. */
export async function listProcesses(): Promise<readonly ProcessInfo[]> {
  const found: ProcessInfo[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const info = await readProcess(Number(name));
    if (info !== undefined) found.push(info);
  }
  return found;
}

/** Whether the process still runs (a zombie does not). */
export async function isAlive(process: ProcessInfo): Promise<boolean> {
  const now = await readProcess(process.pid);
  return now !== undefined && now.startTime === process.startTime && now.state !== 'Z' && now.state !== 'X';
}

/** A file of /proc as text; undefined where the process is gone or isn't ours to look at. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return undefined;
  }
}
