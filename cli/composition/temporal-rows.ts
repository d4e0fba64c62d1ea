import { isDeepStrictEqual } from 'node:util';
import type { RunInfo } from '../../engine/port.ts';
import { shownKey } from '../../engine/temporal/followed-runs.ts';
import { isJsonObject, type RunId } from '../../schemas/index.ts';
import { errorJson } from '../../server/runs/failures.ts';
import { changesOf } from '../../server/runs/row-changes.ts';
import type { Projection } from '../../storage/projection/port.ts';
import type { RunRows } from '../../storage/records/port.ts';

/**
 * Writes to the row of a run what is known of it. Several workers may do so at once: each looks again afterwards, so that the last one
 * leaves the row as it is to be. Nothing happens where nothing is known.
 */
export async function refreshRow(
  run: RunId,
  { rows, projection, now }: { readonly rows: RunRows; readonly projection: Projection; readonly now: () => number },
): Promise<void> {
  for (let shown = await projection.get(run, shownKey); isJsonObject(shown); ) {
    const row = await rows.get(run);
    if (row === undefined) return;
    // The projector wrote it.
    const info = shown as unknown as RunInfo;
    const { ended_at, error } = info;
    await rows.update(run, {
      ...changesOf(info),
      ...(row.started_at === undefined ? { started_at: Math.floor(now()) } : {}),
      ended_at: ended_at === undefined ? null : Date.parse(ended_at),
      error: error === undefined ? null : errorJson(error),
    });
    const after = await projection.get(run, shownKey);
    if (isDeepStrictEqual(after, shown)) return;
    shown = after;
  }
}
