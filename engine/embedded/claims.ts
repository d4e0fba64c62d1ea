import type { Claim, JobKey } from '../../schemas/index.ts';
import type { Change, Machines } from '../driving/machines.ts';
import { heldClaim, keptClaim } from '../machine/index.ts';
import type { HeldClaim } from './work.ts';

/** What became of the claims of a run. */
export interface Claims {
  /** Held to the end, by job. */
  readonly held: ReadonlyMap<JobKey, HeldClaim>;
  /** Kept for a rerun, by job. */
  readonly kept: ReadonlyMap<JobKey, HeldClaim>;
  /** Released; a crash may have come before their workspaces were removed. */
  readonly released: readonly Claim[];
}

/** The claims that were given, as a journal tells: the last of each workspace, since a path may be given out again. */
export class SeenClaims {
  readonly #claims = new Map<string, Claim>();

  follow(change: Change): void {
    if (change.kind === 'run' || change.event.type !== 'agent_claimed') return;
    const { claim } = change.event;
    this.#claims.set(claim.workspace, claim);
  }

  /** Sorts them by what the machines, which have taken in the whole journal, know of them. */
  sort(machines: Machines): Claims {
    const held = new Map<JobKey, HeldClaim>();
    const kept = new Map<JobKey, HeldClaim>();
    for (const [job, state] of machines.jobs()) {
      const [now, earlier] = [heldClaim(state), keptClaim(state)];
      if (now !== undefined) held.set(job, now);
      if (earlier !== undefined) kept.set(job, earlier);
    }
    const taken = new Set([...held.values(), ...kept.values()].map(({ claim }) => claim.workspace));
    return { held, kept, released: [...this.#claims.values()].filter(({ workspace }) => !taken.has(workspace)) };
  }
}
