import type { Plan } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import { neverBegan } from '../driving/failures.ts';
import type { Place } from '../driving/group-place.ts';
import { type Change, type Effect, fromEntry, Machines } from '../driving/machines.ts';
import type { RunFacts } from '../machine/index.ts';
import { BegunSteps } from './begun-steps.ts';
import { type Claims, SeenClaims } from './claims.ts';
import { ReadSecrets } from './read-secrets.ts';

/** What a run is rebuilt from, whether or not this process has it open. */
export type RunEvents = Pick<RunStore, 'run' | 'record' | 'entries'>;

/** A run as its journal has it. */
export interface Replayed extends Claims {
  readonly machines: Machines;
  readonly facts: RunFacts;
  /** Of the last event. Later events aren't earlier, whatever the clock says. */
  readonly at: number;
  readonly begun: BegunSteps;
  /** What the steps of each job have read. */
  readonly read: ReadSecrets;
  /** Groups that the run, or a job of it, held to the end. */
  readonly inGroups: readonly Place[];
}

/** Rebuilds a run's state from its journal. RUN_NOT_FOUND where the run never began. */
export function replay(store: RunEvents): Replayed {
  const machines = new Machines(planOf(store));
  const [claims, begun, groups] = [new SeenClaims(), new BegunSteps(), new HeldGroups()];
  const read = new ReadSecrets();
  let at = 0;
  for (const entry of store.entries()) {
    const addressed = fromEntry(entry);
    at = Math.max(at, addressed.event.at);
    const applied = machines.apply(addressed);
    if (applied === undefined) continue;
    const { change, consequences } = applied;
    begun.follow(change);
    groups.follow(change, consequences.effects);
    claims.follow(change);
    const names = machines.run.state === 'created' ? [] : machines.run.workflow.facts.secrets;
    if (names.length > 0) read.follow(change, consequences.effects, names);
  }
  const { run } = machines;
  if (run.state === 'created') throw neverBegan(store.run);
  const { facts } = run.workflow;
  return { machines, facts, at, ...claims.sort(machines), begun, read, inGroups: groups.all() };
}

/** The plan that a run was created with. */
export function planOf(store: Pick<RunStore, 'record'>): Plan {
  // The engine creates records with a Plan, and the store checks that it reads what was written.
  return store.record().plan as unknown as Plan;
}

/** Which groups a run's members hold. */
class HeldGroups {
  readonly #held = new Map<string, Place>();

  follow(change: Change, effects: readonly Effect[]): void {
    if (change.event.type === 'group_acquired') {
      const { group, member } = change.event;
      this.#held.set(JSON.stringify([group, member]), { group, member });
    }
    for (const effect of effects) {
      if (effect.kind !== 'run' || effect.command.type !== 'release_group') continue;
      const { group, member } = effect.command;
      this.#held.delete(JSON.stringify([group, member]));
    }
  }

  all(): readonly Place[] {
    return [...this.#held.values()];
  }
}
