import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointedRuns } from '../../runtime/audit/index.ts';
import { isJsonObject, type Json, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { Store } from '../../storage/index.ts';
import { auditFile } from '../composition/state.ts';
import { countText } from '../report/text.ts';

/** A run that must have an audit log, and has none. */
export interface MissingLog {
  readonly run: string;
  readonly file: string;
  readonly reason: string;
}

/** Where runs and what tells of their logs are. */
interface Places {
  readonly state: string;
  readonly store: Pick<Store, 'list' | 'read'>;
  /** What must have signed checkpoints (PEM). */
  readonly publicKey: string | undefined;
  /** Where checkpoints were left. */
  readonly checkpoints: string | undefined;
}

/** The runs whose log is gone: by their journal they began a step, or by checkpoints kept elsewhere they had one. */
export function missingLogs({ state, store, publicKey, checkpoints }: Places): readonly MissingLog[] {
  const witnessed = checkpoints === undefined ? new Set<string>() : checkpointedRuns(checkpoints, publicKey);
  const runs = new Set<string>([...store.list(), ...witnessed]);
  return [...runs].toSorted().flatMap((run) => {
    const file = auditFile(join(state, run));
    if (existsSync(file)) return [];
    const reason = witnessed.has(run)
      ? `${checkpoints ?? ''} has checkpoints of it, and the log is gone`
      : // Those that no checkpoint names are from the store's list.
        missingByJournal(store, run as RunId);
    return reason === undefined ? [] : [{ run, file, reason }];
  });
}

/** Before a step's plugin starts the log is opened. INVALID_INPUT is what ends a step before that. */
function missingByJournal(store: Pick<Store, 'read'>, run: RunId): string | undefined {
  let begun = 0;
  try {
    using reading = store.read(run);
    for (const { event } of reading.entries()) {
      if (event['type'] === 'step_started') begun += 1;
      if (event['type'] === 'step_finished' && endedBeforeItsPlugin(event['result'])) begun -= 1;
    }
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    return `it has no log, and whether it should have one can't be told: ${cause.error.message}`;
  }
  return begun > 0 ? `its journal says that it began ${countText(begun, 'step')}, and the log is gone` : undefined;
}

function endedBeforeItsPlugin(result: Json | undefined): boolean {
  return isJsonObject(result) && isJsonObject(result['error']) && result['error']['code'] === 'INVALID_INPUT';
}
