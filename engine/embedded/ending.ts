import { assertNever, type JobKey, type WaterflowFailure } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import { leftFailure } from '../driving/failures.ts';
import type { Machines } from '../driving/machines.ts';
import { summarize } from '../driving/summary.ts';
import type { RunSummary } from '../port.ts';
import { cleanedUp } from './clean-up.ts';
import type { Memberships } from './memberships.ts';
import type { Work } from './work.ts';

/** Why this process is done with a run. */
export type Ending =
  | { readonly kind: 'ended' }
  | { readonly kind: 'killed'; readonly at: number }
  | { readonly kind: 'left' }
  | { readonly kind: 'broken'; readonly failure: WaterflowFailure };

/** What is brought to an end. */
export interface EndedParts {
  readonly machines: Machines;
  readonly store: RunStore;
  readonly work: Work;
  readonly memberships: Memberships;
  /** What broke meanwhile. */
  readonly failure: () => WaterflowFailure | undefined;
}

/** Brings all work to an end, then gives up what it needed groups for. Throws what keeps the run from having an end. */
export async function endOfRun(ending: Ending, parts: EndedParts): Promise<RunSummary> {
  const { machines, store, work, memberships } = parts;
  switch (ending.kind) {
    case 'ended':
      await work.settled();
      await work.stop();
      ifPossible(() => memberships.tidy());
      noteCleanedUp(parts);
      return summaryUnlessBroken(parts, undefined);
    case 'killed':
      await work.stop();
      await work.releaseAll((job: JobKey) => (machines.keepsWorkspace(job) ? 'keep' : 'remove'));
      memberships.leave();
      noteCleanedUp(parts);
      return summaryUnlessBroken(parts, ending.at);
    case 'left':
      await work.stop();
      memberships.leave();
      throw leftFailure(store.run);
    case 'broken':
      await work.stop();
      ifPossible(() => memberships.leave());
      throw ending.failure;
    default:
      return assertNever(ending);
  }
}

/** What broke meanwhile may have kept something from its end. */
function noteCleanedUp({ store, failure }: EndedParts): void {
  if (failure() === undefined) ifPossible(() => store.append([], cleanedUp));
}

function summaryUnlessBroken({ machines, store, failure }: EndedParts, killedAt: number | undefined): RunSummary {
  const broken = failure();
  if (broken !== undefined) throw broken;
  return summarize({ machines, store, killedAt });
}

/** Where the store is broken, too, whoever waits for a group finds out by the run's lock, and whoever resumes the run cleans up. */
function ifPossible(action: () => void): void {
  try {
    action();
  } catch {
    // As above.
  }
}
