import type { Json, RunId } from '../../../schemas/index.ts';
import { type Operation, sql } from '../../records/sql.ts';
import { keyOf, textFrom } from '../../records/text.ts';
import { lastOf, lockRunToSet } from './runs.ts';

/** See Projection.get. */
export function* getValue(run: RunId, key: string): Operation<Json | undefined> {
  const [row] = yield sql`SELECT value FROM projected_values WHERE run = ${run} AND name = ${keyOf(key)}`;
  yield* lastOf(run);
  // setValue() wrote it.
  return row === undefined ? undefined : (JSON.parse(textFrom(row, 'value')) as Json);
}

/** See Projection.set. The run's row is held, so that nothing is set while the run is removed. */
export function* setValue(
  run: RunId,
  key: string,
  value: { readonly content: Json; readonly at: number },
): Operation<void> {
  yield* lockRunToSet(run);
  yield sql`INSERT INTO projected_values (run, name, at, value)
    VALUES (${run}, ${keyOf(key)}, ${value.at}, ${JSON.stringify(value.content)})
    ON CONFLICT (run, name) DO UPDATE SET at = excluded.at, value = excluded.value
    WHERE projected_values.at <= excluded.at`;
}
