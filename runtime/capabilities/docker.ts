import { spawn } from 'node:child_process';
import { setTimeout as timer } from 'node:timers/promises';
import type { Capability } from './capability.ts';
import { Logins } from './docker/credentials.ts';
import { createDaemon } from './docker/daemon.ts';
import { buildOperation } from './docker/operations/build.ts';
import {
  logsOperation,
  removeOperation,
  startOperation,
  statusOperation,
  waitOperation,
} from './docker/operations/containers.ts';
import { execInOperation } from './docker/operations/exec.ts';
import {
  createVolumeOperation,
  loginOperation,
  pullOperation,
  pushOperation,
  removeVolumeOperation,
} from './docker/operations/images.ts';
import type { DockerMachinery } from './docker/operations/machinery.ts';
import { runOperation } from './docker/operations/run.ts';
import type { DockerPowers } from './docker/powers.ts';
import {
  type DockerEffective,
  type DockerRule,
  dockerEntrySchema,
  explainDocker,
  narrowDocker,
  parseDockerEntry,
  quoteDocker,
  requestedDocker,
} from './docker/rule.ts';
import { createSessions } from './docker/session.ts';
import { killGraces } from './exec/powers.ts';

/** Makes what all that works with one daemon shares. Nothing is connected to before its first use. */
function createDockerMachinery(powers: DockerPowers): DockerMachinery {
  return { powers, logins: new Logins(), session: createSessions(createDaemon(powers), powers) };
}

/** Makes the capability. */
export function createDockerCapability(
  powers: DockerPowers,
  machinery: DockerMachinery = createDockerMachinery(powers),
): Capability<DockerRule, DockerEffective> {
  return {
    name: 'docker',
    description: 'run and build containers',
    ambient: false,
    entrySchema: dockerEntrySchema,
    parse: parseDockerEntry,
    quote: quoteDocker,
    requested: requestedDocker,
    narrow: narrowDocker,
    explain: explainDocker,
    operations: {
      run: runOperation(machinery),
      start: startOperation(machinery),
      exec: execInOperation(machinery),
      logs: logsOperation(machinery),
      wait: waitOperation(machinery),
      status: statusOperation(machinery),
      remove: removeOperation(machinery),
      pull: pullOperation(machinery),
      push: pushOperation(machinery),
      login: loginOperation(machinery),
      build: buildOperation(machinery),
      create_volume: createVolumeOperation(machinery),
      remove_volume: removeVolumeOperation(machinery),
    },
  };
}

const thisMachine: DockerPowers = {
  spawn: (command, args, options) => spawn(command, args, options),
  kill: (pid, signal) => void process.kill(pid, signal),
  pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
  graces: killGraces,
  environment: process.env,
};

/** This machine's daemon. */
export const dockerMachinery: DockerMachinery = createDockerMachinery(thisMachine);

/** docker with it. */
export const dockerCapability: Capability<DockerRule, DockerEffective> = createDockerCapability(
  thisMachine,
  dockerMachinery,
);
