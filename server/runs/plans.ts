import type { Digest, JsonObject, Plan } from '../../schemas/index.ts';
import { isJsonObject, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRows } from '../../storage/records/port.ts';

/** Plans that are kept in memory, at most. */
const mostPlans = 200;

/** Plans by their digests. What is in memory is in the store, too. */
export interface Plans {
  /** Keeps a plan: it is in the store when this resolves. */
  put(digest: Digest, plan: Plan): Promise<void>;
  /** NOT_FOUND where no run has it any more. */
  get(digest: Digest): Promise<Plan>;
  /** The store may have lost those that no run has. */
  doubt(): void;
}

/** Plans over the store's rows. */
export function createPlans(rows: Pick<RunRows, 'putPlan' | 'getPlan'>): Plans {
  const known = new Map<Digest, { readonly plan: Plan; stored: boolean }>();
  const keep = (digest: Digest, plan: Plan): void => {
    known.delete(digest);
    known.set(digest, { plan, stored: true });
    for (const oldest of known.keys()) {
      if (known.size <= mostPlans) break;
      known.delete(oldest);
    }
  };
  const store = async (digest: Digest, plan: Plan): Promise<void> => {
    // A Plan is JSON by definition; its interfaces only lack JsonObject's index signature.
    await rows.putPlan(digest, plan as unknown as JsonObject);
    keep(digest, plan);
  };
  return {
    async put(digest, plan) {
      if (known.get(digest)?.stored !== true) await store(digest, plan);
    },
    async get(digest) {
      const held = known.get(digest);
      if (held !== undefined) {
        if (!held.stored) await store(digest, held.plan);
        return held.plan;
      }
      const content = await rows.getPlan(digest);
      if (!isJsonObject(content)) throw planGone(digest);
      // put() wrote it.
      const plan = content as unknown as Plan;
      keep(digest, plan);
      return plan;
    },
    doubt() {
      for (const entry of known.values()) entry.stored = false;
    },
  };
}

function planGone(digest: Digest): WaterflowFailure {
  return new WaterflowFailure({
    code: 'NOT_FOUND',
    message: `there is no plan ${digest}`,
    remedy: 'Submit the workflow itself.',
  });
}
