import type { JsonObject, Plan } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { ServerParts } from '../parts.ts';
import { hasCode } from './failures.ts';
import { shownDetails, shownPlanned, shownRun } from './shown.ts';

/** Ended runs that are kept in memory, by how long they are as JSON. */
const mostCharacters = 64 * 1024 * 1024;

/** A run with its jobs and steps, as JSON text. */
export type DetailsOf = (row: RunRow) => Promise<string>;

/** What drives a run has it in memory; of one that has ended, what was read is kept as long as there is room. */
export function createDetails({
  engine,
  records,
  submissions,
}: Pick<ServerParts, 'engine' | 'records' | 'submissions'>): DetailsOf {
  const kept = new Map<string, string>();
  let characters = 0;
  const keep = (key: string, text: string): void => {
    kept.set(key, text);
    characters += text.length;
    for (const [oldest, other] of kept) {
      if (characters <= mostCharacters) break;
      kept.delete(oldest);
      characters -= other.length;
    }
  };
  const read = async (row: RunRow): Promise<JsonObject> => {
    try {
      if (row.status !== 'accepted') {
        const details = await engine.inspect(row.run);
        // Lists say the same from now on.
        if (details.ended_at !== undefined && row.ended_at === undefined) await submissions.settled(row.run);
        const lacking = details.ended_at === undefined ? submissions.lackingSecrets(row) : [];
        const shown = {
          ...shownDetails(row, details),
          ...(lacking.length === 0 ? {} : { secrets_missing: lacking }),
        };
        // It can't be gone on with, whatever it was at.
        const brokeOff = row.ended_at !== undefined && details.ended_at === undefined;
        return brokeOff ? { ...shown, ...shownRun(row) } : shown;
      }
    } catch (cause) {
      // It failed before it began.
      if (!hasCode(cause, 'RUN_NOT_FOUND')) throw cause;
    }
    const plan = await records.runs.getPlan(row.request.plan);
    // Rows are made with a Plan's digest.
    return plan === undefined ? { ...shownRun(row), jobs: {} } : shownPlanned(row, plan as unknown as Plan);
  };
  return async (row) => {
    const key = `${row.run} ${row.attempt} ${row.ended_at}`;
    const known = kept.get(key);
    if (known !== undefined) {
      // The last that was asked for is the last to go.
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const text = JSON.stringify(await read(row));
    if (row.ended_at !== undefined && !kept.has(key)) keep(key, text);
    return text;
  };
}
