import { isJsonObject, type Json, type JsonObject, type RunId } from '../../schemas/index.ts';
import type { RunStore, Store } from '../../storage/index.ts';
import { errorOfEnd, errorOfKill } from '../driving/end-error.ts';
import type { Machines } from '../driving/machines.ts';
import { timeText } from '../driving/observer.ts';
import type { RunInfo } from '../port.ts';

/** What lists of runs show is kept beside the journal, so that a list replays and locks nothing. */
export const shownKey = 'engine/snapshot';

/** Where a snapshot comes from. */
interface SnapshotParts {
  readonly store: RunStore;
  readonly machines: Machines;
}

/** What is kept. */
type Shown = Omit<RunInfo, 'run' | 'driven'> & { readonly version: 1 };

type Values = Readonly<Record<string, Json>>;

/** Says what is to be set in the store whenever a list would show the run differently. */
export class SnapshotWriter {
  readonly #parts: SnapshotParts;
  readonly #createdAt: string;
  #written = '';
  #shown: Shown | undefined;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#createdAt = timeText(parts.store.record().created_at);
  }

  /** The run as lists show it, as it was set last; undefined where it wasn't yet. */
  info(): RunInfo | undefined {
    return this.#shown && infoOf(this.#parts.store.run, this.#shown, { driven: true });
  }

  /** What to set, to go with the entries of the events that the machines have taken in. `awaits`: what somebody is to send. */
  changes(awaits: RunInfo['awaits']): Values {
    const { machines } = this.#parts;
    const { run } = machines;
    const ended = run.state === 'ended' ? { ended_at: timeText(run.ended_at) } : {};
    const error = run.state === 'ended' ? errorOfEnd(run) : undefined;
    const status = machines.status({ awaits: awaits.length > 0 });
    return this.#ifNew({ status, awaits, ...ended, ...(error === undefined ? {} : { error }) });
  }

  /** What to set when the run is killed, at a time in ms since the epoch; `reason`: by whom, and why. */
  ofKilled(at: number, reason: string): Values {
    return this.#ifNew({ status: 'cancelled', awaits: [], ended_at: timeText(at), error: errorOfKill(reason) });
  }

  #ifNew(now: Pick<RunInfo, 'status' | 'awaits' | 'ended_at' | 'error'>): Values {
    const { plan, name, attempt } = this.#parts.machines;
    const shown: Shown = {
      version: 1,
      workflow: plan.name,
      file: plan.file,
      name,
      attempt,
      created_at: this.#createdAt,
      ...now,
    };
    const text = JSON.stringify(shown);
    if (text === this.#written) return {};
    this.#written = text;
    this.#shown = shown;
    // All of it is JSON; interfaces only lack JsonObject's index signature.
    return { [shownKey]: shown as unknown as JsonObject };
  }
}

/** A run as its snapshot shows it; undefined where it never began. RUN_NOT_FOUND. */
export function readInfo(store: Pick<Store, 'peek' | 'isOpen'>, run: RunId): RunInfo | undefined {
  const written = readShown(store.peek(run, shownKey));
  return written && infoOf(run, written, { driven: written.ended_at === undefined && store.isOpen(run) });
}

/** What is kept, as it was written. */
function readShown(shown: Json | undefined): Shown | undefined {
  // A SnapshotWriter wrote it.
  return isJsonObject(shown) ? (shown as unknown as Shown) : undefined;
}

function infoOf(run: RunId, shown: Shown, { driven }: Pick<RunInfo, 'driven'>): RunInfo {
  const { version: _, ...info } = shown;
  return { ...info, run, driven: driven && info.ended_at === undefined };
}
