import { spawn } from 'node:child_process';
import { setTimeout as timer } from 'node:timers/promises';
import type { Capability, Operation } from './capability.ts';
import { checkExec, deniesExec, type ExecArgs, execArgsSchema } from './exec/call.ts';
import { createConfine } from './exec/confine.ts';
import { performExec } from './exec/perform.ts';
import { type ExecPowers, killGraces } from './exec/powers.ts';
import {
  type ExecEffective,
  type ExecRule,
  execEntrySchema,
  explainExec,
  narrowExec,
  parseExecEntry,
  quoteExec,
} from './exec/rule.ts';

export { type ExecArgs } from './exec/call.ts';
export type { ExecPowers } from './exec/powers.ts';
export type { ExecEffective, ExecRule } from './exec/rule.ts';

/** Makes the capability with the powers that it starts and ends programs with. */
export function createExecCapability(powers: ExecPowers): Capability<ExecRule, ExecEffective> {
  const confine = createConfine(powers);
  const run: Operation<ExecRule, ExecEffective, ExecArgs> = {
    argsSchema: execArgsSchema,
    check: checkExec,
    denies: deniesExec,
    perform: (authorized, scope) => performExec(authorized, scope, { powers, confine }),
  };
  return {
    name: 'exec',
    description: 'run a program',
    ambient: false,
    entrySchema: execEntrySchema,
    parse: parseExecEntry,
    quote: quoteExec,
    narrow: narrowExec,
    explain: explainExec,
    operations: { run },
  };
}

/** exec with this machine's own processes. */
export const execCapability: Capability<ExecRule, ExecEffective> = createExecCapability({
  spawn: (command, args, options) => spawn(command, args, options),
  kill: (pid, signal) => void process.kill(pid, signal),
  pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
  graces: killGraces,
});
