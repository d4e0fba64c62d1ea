import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The kernel takes a moment to take a killed process out of /proc. */
const graceMs = 1500;
const pollMs = 50;

/** Processes that name the attack's marker or workspace, and open descriptors of this process below the workspace. */
export async function leftoversOf(marker: string, workspace: string): Promise<readonly string[]> {
  for (let waited = 0; waited < graceMs; waited += pollMs) {
    if (found(marker, workspace).length === 0) return [];
    await pause(pollMs);
  }
  return found(marker, workspace);
}

function found(marker: string, workspace: string): readonly string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return [
    ...processes.flatMap((pid) => {
      const commandLine = read(`/proc/${pid}/cmdline`);
      const place = link(`/proc/${pid}/cwd`);
      return commandLine.includes(marker) || place.startsWith(workspace)
        ? [`process ${pid} goes on: ${commandLine.replaceAll('\0', ' ').slice(0, 200)}`]
        : [];
    }),
    ...readdirSync('/proc/self/fd')
      .map((name) => link(`/proc/self/fd/${name}`))
      .filter((target) => target.startsWith(workspace))
      .map((target) => `the agent still holds ${target}`),
  ];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
