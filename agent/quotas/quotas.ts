import type { Bound, PolicyQuotas } from '../../runtime/policy/bounds.ts';
import type { Owner } from '../../runtime/supervisor/fair-queue.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import { Account, type Consumable, exceeded, type Scope, waitingFor } from './account.ts';
import { type Seat, Turnstile } from './turnstile.ts';

/** Who wants to run what, and under which bounds. */
export interface MeteredInvocation {
  readonly owner: Owner;
  /** The plugin's digest: `concurrency` of a rule counts the invocations of one plugin. */
  readonly digest: string;
  /** Of the rules that hold for this invocation. */
  readonly bounds: readonly Bound[];
  readonly quotas: PolicyQuotas;
}

/** Told, where a turn must be waited for, what for. */
type TellOfWaiting = (what: string) => void;

/** A place that a bound of the policy allows. */
interface BoundSeat extends Seat {
  readonly scope: Scope;
  readonly bound: Bound;
}

/** Counts what one invocation uses against every bound that holds for it. */
export interface Meter {
  /** Books it on the invocation, its run and its tenant. The first bound that is exceeded by now, if one is. */
  spend(name: Consumable, amount: number): WaterflowError | undefined;
  /** Whether anything bounds it; what nobody bounds needn't be measured. */
  isBounded(name: Consumable): boolean;
  /** Waits its turn to start a program; the result is called when it has ended. */
  program(signal: AbortSignal, onWait?: TellOfWaiting): Promise<(() => void) | WaterflowError>;
  /** The invocation has ended. */
  leave(): void;
}

/** The use of one agent, over all runs of this process. */
export interface Quotas {
  /** Waits until the invocation's turn has come. Rejects with the signal's reason. */
  enter(invocation: MeteredInvocation, signal: AbortSignal, onWait?: TellOfWaiting): Promise<Meter>;
  /** A run has ended: its tenant's use is without it from now on. */
  endRun(run: string): void;
}

/** Of one process: an agent that shares a state folder with others counts for itself. */
export function createQuotas(): Quotas {
  const tenants = new Map<string, Account>();
  const runs = new Map<string, { readonly account: Account; readonly tenant: string }>();
  const invocations = new Turnstile<BoundSeat>();
  const programs = new Turnstile<BoundSeat>();
  /** Tells invocations apart. */
  let entered = 0;

  const accountsOf = ({ tenant, run }: Owner): readonly [Account, Account] => {
    const ofTenant = tenants.get(tenant) ?? new Account('tenant');
    tenants.set(tenant, ofTenant);
    const known = runs.get(run) ?? { account: new Account('run'), tenant };
    runs.set(run, known);
    return [known.account, ofTenant];
  };

  return {
    enter: async (invocation, signal, onWait) => {
      const { owner, digest, bounds, quotas } = invocation;
      const seats = seatsOf(invocation, 'concurrency', `plugin ${digest}`);
      const leave = await invocations.enter(owner, seats, { signal, onWait: telling(onWait) });
      const layers = accountsOf(owner);
      const accounts: readonly (readonly [Account, readonly Bound[]])[] = [
        [new Account('invocation'), bounds],
        [layers[0], quotas.run],
        [layers[1], quotas.tenant],
      ];
      entered += 1;
      const programSeats = seatsOf(invocation, 'programs', `invocation ${entered}`);
      return {
        leave,
        isBounded: (name) => accounts.some(([, each]) => each.some((bound) => bound.name === name)),
        spend: (name, amount) => {
          let first: WaterflowError | undefined;
          // Booked on every account, also behind a bound that is exceeded.
          for (const [account, each] of accounts) {
            const error = account.spend(name, amount, each);
            first ??= error;
          }
          return first;
        },
        program: async (callSignal, onProgramWait) =>
          noneAllowed(invocation) ??
          (await programs.enter(owner, programSeats, { signal: callSignal, onWait: telling(onProgramWait) })),
      };
    },
    endRun: (run) => {
      const ended = runs.get(run);
      if (ended === undefined) return;
      runs.delete(run);
      tenants.get(ended.tenant)?.subtract(ended.account);
      if (![...runs.values()].some(({ tenant }) => tenant === ended.tenant)) tenants.delete(ended.tenant);
    },
  };
}

function seatsOf(
  { owner, bounds, quotas }: MeteredInvocation,
  name: 'concurrency' | 'programs',
  own: string,
): readonly BoundSeat[] {
  const scopes: readonly (readonly [Scope, string, readonly Bound[]])[] = [
    ['invocation', own, bounds],
    ['run', `run ${owner.run}`, quotas.run],
    ['tenant', `tenant ${owner.tenant}`, quotas.tenant],
  ];
  return scopes.flatMap(([scope, key, each]) =>
    each.filter((bound) => bound.name === name).map((bound) => ({ key, most: bound.most, scope, bound })),
  );
}

function telling(onWait: TellOfWaiting | undefined): ((full: BoundSeat) => void) | undefined {
  return onWait === undefined ? undefined : ({ scope, bound }) => onWait(waitingFor(scope, bound));
}

/** A limit of 0 programs can't be waited for. */
function noneAllowed({ bounds, quotas }: MeteredInvocation): WaterflowError | undefined {
  const scopes: readonly (readonly [Scope, readonly Bound[]])[] = [
    ['invocation', bounds],
    ['run', quotas.run],
    ['tenant', quotas.tenant],
  ];
  for (const [scope, each] of scopes) {
    const bound = each.find(({ name, most }) => name === 'programs' && most === 0);
    if (bound !== undefined) return exceeded(scope, bound);
  }
  return undefined;
}
