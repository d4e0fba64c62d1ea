import { readFile, readlink } from 'node:fs/promises';
import { CallFailure } from '../capability.ts';
import { readProcess } from '../exec/proc.ts';

/**
 * An agent's process, so that it can be told apart from every other, also after a reboot: the boot, the PID namespace, the pid
 * and when it started.
 */
export interface Owner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly startTime: string;
}

/** What becomes of an owner's containers. `unknown`: it is not to be seen from here, so they are left alone. */
export type OwnerState = 'alive' | 'gone' | 'unknown';

/** This process. */
export async function currentOwner(): Promise<Owner> {
  const self = await readProcess(process.pid);
  const namespace = await readlink('/proc/self/ns/pid').catch(() => undefined);
  if (self === undefined || namespace === undefined) {
    throw new CallFailure('CONFINEMENT_UNAVAILABLE', 'docker needs Linux and /proc on the machine of the agent', {
      remedy: 'Run the agent on Linux.',
    });
  }
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
  return { boot, namespace: namespace.replaceAll(/[^0-9]/gu, ''), pid: self.pid, startTime: self.startTime };
}

/** As it stands in a label. */
export function formatOwner({ boot, namespace, pid, startTime }: Owner): string {
  return `${boot}/${namespace}/${pid}/${startTime}`;
}

const ownerForm = /^([0-9a-f-]{36})\/([0-9]{1,20})\/([0-9]{1,10})\/([0-9]{1,20})$/u;

/** Reads a label; undefined where it is none of ours. */
export function parseOwner(text: string): Owner | undefined {
  const parts = ownerForm.exec(text);
  if (parts === null) return undefined;
  const [, boot = '', namespace = '', pid = '', startTime = ''] = parts;
  return { boot, namespace, pid: Number(pid), startTime };
}

/** Whether the owner still lives, as `self` can tell. Only for a daemon on this very machine. */
export async function stateOfOwner(owner: Owner, self: Owner): Promise<OwnerState> {
  if (owner.boot !== self.boot) return 'gone';
  if (owner.namespace !== self.namespace) return 'unknown';
  const found = await readProcess(owner.pid);
  // Where /proc shows a user's own processes only (hidepid), one that isn't there may be another user's.
  if (found === undefined && (await readProcess(1)) === undefined) return 'unknown';
  return found?.startTime === owner.startTime && found.state !== 'Z' && found.state !== 'X' ? 'alive' : 'gone';
}
