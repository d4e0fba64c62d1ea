import type { Claim, JobKey, Plan } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import { heldClaim, type RunFacts } from '../machine/index.ts';
import { neverBegan } from './failures.ts';
import { type Change, fromEntry, Machines } from './machines.ts';
import type { StepName } from './work.ts';

/** A run as its journal has it. */
export interface Replayed {
  readonly machines: Machines;
  readonly facts: RunFacts;
  /** Of the last event. Later events aren't earlier, whatever the clock says. */
  readonly at: number;
  /** Claims that the processes before this one held to the end, by job. */
  readonly held: ReadonlyMap<JobKey, HeldClaim>;
  /** Claims that were released. A crash may have come before their workspaces were removed. */
  readonly released: readonly Claim[];
  /** The attempt of a step that was begun last, by job: if it is asked for again, it was running when its process was killed. */
  readonly begun: ReadonlyMap<JobKey, StepName>;
}

/** A claim, and the attempt of the job that it is for. */
interface HeldClaim {
  readonly job_attempt: number;
  readonly claim: Claim;
}

/** Rebuilds a run's state from its journal. RUN_NOT_FOUND where the run never began. */
export function replay(store: RunStore): Replayed {
  const machines = new Machines(planOf(store));
  const agents = new Agents();
  let facts: RunFacts | undefined;
  let at = 0;
  for (const entry of store.entries()) {
    const addressed = fromEntry(entry);
    at = Math.max(at, addressed.event.at);
    const applied = machines.apply(addressed);
    if (applied === undefined) continue;
    if (applied.change.event.type === 'run_started') facts = applied.change.event.facts;
    agents.follow(applied.change);
  }
  if (facts === undefined) throw neverBegan(store.run);
  return { machines, facts, at, held: agents.held, released: agents.released, begun: agents.begun };
}

/** The plan that a run was created with. */
export function planOf(store: RunStore): Plan {
  // The engine creates records with a Plan, and the store checks that it reads what was written.
  return store.record().plan as unknown as Plan;
}

/** What the agents of the jobs are at. */
class Agents {
  readonly held = new Map<JobKey, HeldClaim>();
  readonly released: Claim[] = [];
  readonly begun = new Map<JobKey, StepName>();

  follow(change: Change): void {
    if (change.kind === 'run') return;
    const { job, event, before, after } = change;
    if (event.type === 'step_started') this.begun.set(job, event);
    const [earlier, now] = [heldClaim(before), heldClaim(after)];
    if (now !== undefined) this.held.set(job, now);
    if (earlier === undefined || earlier.job_attempt === now?.job_attempt) return;
    this.released.push(earlier.claim);
    if (now === undefined) this.held.delete(job);
  }
}
