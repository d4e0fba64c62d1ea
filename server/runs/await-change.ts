import type { RunInfo, RunStatus } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { ServerParts } from '../parts.ts';
import { hasCode } from './failures.ts';
import { shownStatus } from './shown.ts';

/** How long to wait at most, in ms, and until when it is of use. */
interface Waiting {
  readonly waitMs: number;
  /** The status that whoever waits knows; default: the one that the run has. */
  readonly known?: RunStatus;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the status of a run is another than the one that is known, when it waits for something else than it did, when the run
 * has ended, or when the time is over.
 */
export async function awaitChange(
  parts: Pick<ServerParts, 'engine' | 'records' | 'clock'>,
  row: RunRow,
  { waitMs, known, signal }: Waiting,
): Promise<void> {
  const waiting = { isOver: signal.aborted, ring: (): void => {} };
  const end = (): void => {
    waiting.isOver = true;
    waiting.ring();
  };
  using stack = new DisposableStack();
  stack.use(parts.engine.readings.watch(row.run, () => waiting.ring()));
  stack.defer(parts.clock.after(waitMs, end));
  signal.addEventListener('abort', end);
  stack.defer(() => signal.removeEventListener('abort', end));
  const before = await stateOf(parts, row);
  const status = known ?? before.status;
  const isSame = (now: RunState): boolean => !now.ended && now.status === status && now.awaits === before.awaits;
  let now = before;
  while (!waiting.isOver && isSame(now)) {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.ring = resolve;
    // Once somebody listens: it may have rung before.
    now = await stateOf(parts, row);
    if (isSame(now)) await promise;
  }
}

interface RunState {
  readonly status: RunStatus;
  readonly ended: boolean;
  /** The names of what somebody is to send, as a text. */
  readonly awaits: string;
}

/** The engine knows it before the row does, once it has the run. */
async function stateOf({ engine, records }: Pick<ServerParts, 'engine' | 'records'>, row: RunRow): Promise<RunState> {
  const { status, ended_at } = (await records.runs.get(row.run)) ?? row;
  const ofRow = { status: shownStatus(status), ended: ended_at !== undefined, awaits: namesOf([]) };
  if (status === 'accepted' || ofRow.ended) return ofRow;
  return infoOf(engine, row.run).then((info) => info ?? ofRow);
}

async function infoOf(engine: ServerParts['engine'], run: RunId): Promise<RunState | undefined> {
  try {
    const { status, ended_at, awaits } = await engine.info(run);
    return { status, ended: ended_at !== undefined, awaits: namesOf(awaits) };
  } catch (cause) {
    if (hasCode(cause, 'RUN_NOT_FOUND')) return undefined;
    throw cause;
  }
}

function namesOf(awaits: RunInfo['awaits']): string {
  return JSON.stringify(awaits.map(({ name }) => name).toSorted());
}
