import type { Capability } from './capability.ts';
import { clockCapability } from './clock.ts';
import { dockerCapability } from './docker.ts';
import { envCapability } from './env.ts';
import { execCapability } from './exec.ts';
import { fsCapability } from './fs.ts';
import { logCapability } from './log.ts';
import { mailCapability } from './mail.ts';
import { netCapability } from './net.ts';
import { randomCapability } from './random.ts';
import { secretsCapability } from './secrets.ts';
import { signalCapability } from './signal.ts';
import { sleepCapability } from './sleep.ts';
import { sshCapability } from './ssh.ts';
import { stepCapability } from './step.ts';
import { storeCapability } from './store.ts';

/** Every host capability there is, by name: a host call of any other name is an error. */
export const capabilities: ReadonlyMap<string, Capability> = new Map<string, Capability>(
  [
    logCapability,
    clockCapability,
    randomCapability,
    sleepCapability,
    signalCapability,
    stepCapability,
    dockerCapability,
    execCapability,
    netCapability,
    sshCapability,
    mailCapability,
    fsCapability,
    storeCapability,
    secretsCapability,
    envCapability,
  ].map((capability) => [capability.name, capability]),
);

/** The capabilities that permission entries can name. */
export const grantableCapabilities: readonly Capability[] = [...capabilities.values()].filter(
  (capability) => !capability.ambient,
);
