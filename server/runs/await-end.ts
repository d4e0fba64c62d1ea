import type { Engine } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import type { RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';

/** Nobody waits for longer until the end of a run is written. */
const mostMs = 2_000;
const lookMs = 50;

/** Resolves when the row says that a run has ended of which the engine says so, whoever writes that, or it takes too long. */
export async function awaitEnd(
  run: RunId,
  { rows, engine, clock }: { readonly rows: RunRows; readonly engine: Engine; readonly clock: ServerClock },
): Promise<void> {
  const until = clock.now() + mostMs;
  while (clock.now() < until) {
    const row = await rows.get(run);
    if (row === undefined || row.status === 'accepted' || row.ended_at !== undefined) return;
    if ((await engine.info(run)).ended_at === undefined) return;
    await new Promise<void>((resolve) => void clock.after(lookMs, resolve));
  }
}
