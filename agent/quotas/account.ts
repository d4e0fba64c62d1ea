import type { Bound, BoundName } from '../../runtime/policy/bounds.ts';
import { assertNever, type WaterflowError } from '../../schemas/index.ts';

/** What adds up; concurrency and programs are counted at one time. */
export type Consumable = Exclude<BoundName, 'concurrency' | 'programs'>;

/** Whose use a bound is about. */
export type Scope = 'invocation' | 'run' | 'tenant';

/** What one invocation, run or tenant has used, and may. */
export class Account {
  readonly scope: Scope;
  readonly #used = new Map<Consumable, number>();

  constructor(scope: Scope) {
    this.scope = scope;
  }

  used(name: Consumable): number {
    return this.#used.get(name) ?? 0;
  }

  /** Books it, and tells the bound that is exceeded by now, if one is. */
  spend(name: Consumable, amount: number, bounds: readonly Bound[]): WaterflowError | undefined {
    const used = this.used(name) + amount;
    this.#used.set(name, used);
    const bound = bounds.find((each) => each.name === name);
    return bound === undefined || used <= bound.most ? undefined : exceeded(this.scope, bound);
  }

  /** Takes back what a run that has ended had used. */
  subtract(other: Account): void {
    for (const [name, amount] of other.#used) this.#used.set(name, Math.max(0, this.used(name) - amount));
  }
}

/** LIMIT_EXCEEDED: which limit, how much it allows, whose it is, and the rule that set it. */
export function exceeded(scope: Scope, { name, most, rule }: Bound): WaterflowError {
  const who = {
    invocation: 'the step',
    run: 'the run, over all its steps,',
    tenant: "the tenant's runs on this agent, together,",
  }[scope];
  return {
    code: 'LIMIT_EXCEEDED',
    message: `${who} exceeded the limit \`${name}\`: ${amountOf(name, most)}`,
    remedy: remedies[name],
    rule,
  };
}

/** What a turn waits for, for its log. */
export function waitingFor(scope: Scope, { name, most, rule }: Bound): string {
  const who = {
    invocation: name === 'concurrency' ? 'this plugin' : 'this step',
    run: 'this run',
    tenant: "the tenant's runs on this agent",
  }[scope];
  return `waiting for a turn: ${rule} allows ${who} ${amountOf(name, most)}`;
}

function amountOf(name: BoundName, most: number): string {
  switch (name) {
    case 'cpu':
      return `${most / 1000} s of processor time`;
    case 'bytes':
      return `${most} bytes moved by host calls`;
    case 'host-calls':
      return `${most} host calls`;
    case 'log-lines':
      return `${most} lines of log`;
    case 'programs':
      return `${countOf(most, 'program')} at one time`;
    case 'concurrency':
      return `${countOf(most, 'invocation')} at one time`;
    default:
      return assertNever(name);
  }
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

const remedies: Readonly<Record<BoundName, string>> = {
  cpu: 'Give the plugin less to compute at once, or raise the limit in the policy.',
  bytes: 'Move bulk data within the workspace, or raise the limit in the policy.',
  'host-calls': 'Do more with each call (a glob instead of many stats), or raise the limit in the policy.',
  'log-lines': 'Log less, or to a file of the workspace, or raise the limit in the policy.',
  programs: 'Raise the limit in the policy: it allows no program at all.',
  concurrency: 'Raise the limit in the policy.',
};
