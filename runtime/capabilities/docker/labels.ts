import type { CallScope } from '../capability.ts';

const prefix = 'dev.waterflow.';

/** The label by which all that agents make is listed; its value is the owner. */
export const agentLabel: string = `${prefix}agent`;
/** On images that are being built: the owner, `#` and the run's own random token. */
export const buildLabel: string = `${prefix}build`;
const runLabel = `${prefix}run`;
const tenantLabel = `${prefix}tenant`;
const nameLabel = `${prefix}name`;

const nameForm = /^waterflow-[0-9a-f]{32}$/u;

/** Whether only agents give labels of this name. */
export function isOwnLabel(key: string): boolean {
  return key.startsWith(prefix);
}

/** A name that nobody guesses, for a container, a network or a volume. */
export function makeName(random: CallScope['random']): string {
  return `waterflow-${Buffer.from(random.bytes(16)).toString('hex')}`;
}

/** What is written on everything that a call makes. */
export function makeLabels(
  scope: Pick<CallScope, 'owner' | 'step'>,
  agent: string,
  name: string,
): Record<string, string> {
  return {
    [agentLabel]: agent,
    [nameLabel]: name,
    [runLabel]: scope.owner.run,
    [tenantLabel]: scope.owner.tenant,
    [`${prefix}plugin`]: scope.owner.plugin.digest,
    [`${prefix}job`]: scope.step.job,
    [`${prefix}step`]: scope.step.step,
  };
}

/**
 * Whether an agent made what has this name and these labels. A container inherits the labels of its image, and anybody can write those:
 * only one that carries its own name as a label, and such a name as only agents give, was made by one.
 */
export function madeByAgent(name: string, labels: Readonly<Record<string, string>>): boolean {
  return nameForm.test(name) && labels[nameLabel] === name && labels[agentLabel] !== undefined;
}

/** Whether it belongs to a run. */
export function isOfRun(labels: Readonly<Record<string, string>>, run: RunKey): boolean {
  return labels[agentLabel] === run.agent && labels[runLabel] === run.run && labels[tenantLabel] === run.tenant;
}

/** A run on one agent. */
export interface RunKey {
  readonly agent: string;
  readonly tenant: string;
  readonly run: string;
}
