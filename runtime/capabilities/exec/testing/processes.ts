import { readdirSync, readFileSync } from 'node:fs';
import type { JsonObject } from '../../../../schemas/index.ts';
import type { CallScope } from '../../capability.ts';
import { anything, anythingConfined } from './run.ts';

/** The ways in which a program's processes are held together. */
export const ways: readonly { readonly way: string; readonly entry: JsonObject; readonly bwrap: boolean }[] = [
  { way: 'in profile workspace', entry: anythingConfined, bwrap: true },
  { way: 'in profile host, with a PID namespace', entry: anything, bwrap: true },
  { way: 'in profile host, without one', entry: anything, bwrap: false },
];

/** The command lines that hold the text, with their PIDs. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'latin1');
      return commandLine.includes(text) ? [`${name}: ${commandLine.replaceAll('\0', ' ')}`] : [];
    } catch {
      return [];
    }
  });
}

/** A name that no other process has on its command line. */
export function uniqueName(scope: CallScope): string {
  return `detached-${Buffer.from(scope.random.bytes(8)).toString('hex')}`;
}
