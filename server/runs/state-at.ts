import type { Engine } from '../../engine/port.ts';
import { type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { hasCode } from './failures.ts';
import { shownDetails } from './shown.ts';

/**
 * A run as it was shown after the event of that sequence, from 1; what its row says of its end is of now, and left out. NOT_FOUND of a run
 * that has not begun, INVALID_INPUT where it has no such event.
 */
export async function stateAt({ engine }: { readonly engine: Engine }, row: RunRow, at: number): Promise<JsonObject> {
  try {
    const { ended_at: _ended, error: _error, ...begun } = row;
    return shownDetails(begun, await engine.readings.stateAt(row.run, at));
  } catch (cause) {
    if (!hasCode(cause, 'RUN_NOT_FOUND')) throw cause;
    throw new WaterflowFailure({
      code: 'NOT_FOUND',
      message: `${row.run} has no events yet`,
      remedy: 'Wait until it has begun.',
    });
  }
}
