import type { Engine, Operation } from '../../engine/port.ts';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import type { Dispatcher } from './dispatcher.ts';
import { cancelledBefore, errorJson, hasCode, notBegun, runEnded } from './failures.ts';
import type { SharedEngine } from './shared-engine.ts';

type TakesEffect = Awaited<ReturnType<Engine['operate']>>;

/** Has a run do something: the engine where it has it, else its row says what becomes of it. */
export async function operateRun(
  operation: Operation,
  parts: {
    readonly row: RunRow;
    readonly dispatcher: Dispatcher;
    readonly rows: RunRows;
    readonly engine: Engine;
    readonly clock: ServerClock;
    readonly shared?: SharedEngine | undefined;
  },
): Promise<TakesEffect> {
  const { row, dispatcher, rows, engine, clock, shared } = parts;
  const { run, tenant } = row;
  if (row.ended_at !== undefined) throw runEnded(run);
  if (shared !== undefined) {
    // Nobody can take back what another server may be about to start: it is started, and then ends in order.
    if (row.status === 'accepted') await dispatcher.begun({ run, tenant, kind: 'start' });
    return operateShared(operation, parts, shared);
  }
  // The engine may have it before its row says so.
  if (row.status !== 'accepted' || dispatcher.isDriven(run)) {
    const takesEffect = await engine.operate(run, operation);
    if (operation.kind === 'terminate') await dispatcher.withdraw(run, () => noteEnd(parts));
    return takesEffect;
  }
  if (operation.kind !== 'cancel' && operation.kind !== 'terminate') throw notBegun(run);
  const withdrawn = await dispatcher.withdraw(run, async () => {
    const error = errorJson(cancelledBefore(operation.by));
    await rows.update(run, { status: 'cancelled', ended_at: Math.floor(clock.now()), error });
  });
  // Else it begins at this moment.
  return withdrawn ? { takesEffect: 'now' } : engine.operate(run, operation);
}

/** Of a run that was ended elsewhere the engine says that it has ended, and its row doesn't yet. */
async function operateShared(
  operation: Operation,
  { row: { run }, engine }: Pick<Parameters<typeof operateRun>[1], 'row' | 'engine'>,
  shared: SharedEngine,
): Promise<TakesEffect> {
  try {
    return await engine.operate(run, operation);
  } catch (cause) {
    const isEnd = operation.kind === 'terminate' && hasCode(cause, 'RUN_STATE');
    if (isEnd && (await shared.endGone(run))) return { takesEffect: 'now' };
    throw cause;
  }
}

/** No engine follows a run that was terminated while it waited, and none will. */
async function noteEnd({ row, rows, engine, clock }: Parameters<typeof operateRun>[1]): Promise<void> {
  const { status, ended_at, error } = await engine.info(row.run);
  await rows.update(row.run, {
    status,
    ended_at: ended_at === undefined ? Math.floor(clock.now()) : Date.parse(ended_at),
    error: error === undefined ? null : errorJson(error),
  });
}
