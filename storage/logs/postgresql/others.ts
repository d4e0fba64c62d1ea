import type { RunId } from '../../../schemas/index.ts';
import type { Session } from '../../records/session.ts';
import { type Operation, oneOf, sql } from '../../records/sql.ts';
import { numberFrom, textFrom } from '../../records/text.ts';
import type { Watchers } from '../watchers.ts';

/** How soon those who watch hear of what other servers wrote. */
const lookMs = 250;
/** Runs of one statement. */
const runsAtOnce = 1_000;

/**
 * Tells those who watch of what other servers wrote as well, by one look for all of them. A look that fails is followed by the next
 * one. While nobody watches, nothing is looked at.
 */
export function watchOthers(
  session: Session,
  watchers: Watchers,
): { readonly watch: (run: RunId, changed: () => void) => Disposable; readonly close: () => void } {
  let last = new Map<RunId, number>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function look(): Promise<void> {
    const runs = watchers.runs();
    if (runs.length === 0) return;
    const found = new Map<RunId, number>();
    for (let from = 0; from < runs.length; from += runsAtOnce) {
      const some = runs.slice(from, from + runsAtOnce);
      const positions = await session.read('look for logs of agents', () => lastPositions(some));
      for (const [run, position] of positions) found.set(run, position);
    }
    const before = last;
    last = found;
    for (const [run, position] of found) if (before.get(run) !== position) watchers.tell(run);
  }

  function lookLater(): void {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      void look()
        .catch(() => undefined)
        .finally(() => {
          timer = undefined;
          if (watchers.runs().length > 0) lookLater();
        });
    }, lookMs).unref();
  }

  return {
    watch(run, changed) {
      const watching = watchers.watch(run, changed);
      lookLater();
      return watching;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function* lastPositions(runs: readonly RunId[]): Operation<ReadonlyMap<RunId, number>> {
  const rows = yield sql`SELECT run, last_position FROM shipped_runs WHERE ${oneOf(sql`run`, runs)}`;
  // append() wrote the run from a RunId.
  return new Map(rows.map((row) => [textFrom(row, 'run') as RunId, numberFrom(row, 'last_position')]));
}
