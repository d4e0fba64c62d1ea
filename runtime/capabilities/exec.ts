import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { release, totalmem } from 'node:os';
import { setTimeout as timer } from 'node:timers/promises';
import type { Capability, Operation } from './capability.ts';
import type { DockerMachinery } from './docker/operations/machinery.ts';
import { dockerMachinery } from './docker.ts';
import { checkExec, deniesExec, type ExecArgs, type ExecDemand, execArgsSchema } from './exec/call.ts';
import { createConfine } from './exec/confine.ts';
import { performExec } from './exec/perform.ts';
import { createPipeSupply } from './exec/pipes.ts';
import { type ExecMachinePowers, type ExecPowers, killGraces } from './exec/powers.ts';
import {
  type ExecEffective,
  type ExecRule,
  execEntrySchema,
  explainExec,
  narrowExec,
  parseExecEntry,
  quoteExec,
  requestedExec,
} from './exec/rule.ts';

export { type ExecArgs } from './exec/call.ts';
export type { ExecPowers } from './exec/powers.ts';
export type { ExecEffective, ExecRule } from './exec/rule.ts';

/** This machine's resolver and sizes. */
const thisMachine: ExecMachinePowers = {
  lookup: (hostname) => lookup(hostname, { all: true }),
  memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  uid: process.getuid?.(),
  kernel: release(),
};

/** Makes the capability with the powers that it starts and ends programs with, what it knows of the machine, and its Docker daemon. */
export function createExecCapability(
  powers: ExecPowers,
  machine: ExecMachinePowers = thisMachine,
  docker: DockerMachinery = dockerMachinery,
): Capability<ExecRule, ExecEffective> {
  const confine = createConfine(powers);
  const pipes = createPipeSupply(powers);
  const run: Operation<ExecRule, ExecEffective, ExecArgs, ExecDemand> = {
    argsSchema: execArgsSchema,
    check: checkExec,
    denies: deniesExec,
    perform: (authorized, scope) => performExec(authorized, scope, { powers, machine, confine, pipes, docker }),
  };
  return {
    name: 'exec',
    description: 'run a program',
    ambient: false,
    entrySchema: execEntrySchema,
    parse: parseExecEntry,
    quote: quoteExec,
    requested: requestedExec,
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
