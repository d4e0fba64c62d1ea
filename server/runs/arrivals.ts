import type { Logger } from 'winston';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import type { Dispatcher } from './dispatcher.ts';
import { reasonOf } from './failures.ts';
import type { SharedEngine } from './shared-engine.ts';
import type { QueuedRun } from './tenant-queue.ts';

/** Rows that nobody has told of are looked for so often. */
const lookMs = 5_000;
const pageRows = 500;
/** A server that has accepted a run starts it sooner, unless it has ended. */
const leftMs = 5_000;

/**
 * Has everything wait for its turn that hasn't ended: what an engine had when the server ended, then what was accepted. From then on
 * rows are looked for now and then that nobody has told of, until disposed of.
 */
export async function takeRows(parts: {
  readonly rows: RunRows;
  readonly dispatcher: Dispatcher;
  readonly clock: ServerClock;
  readonly log: Logger;
  /** Other servers take rows, too. */
  readonly shared?: SharedEngine;
}): Promise<Disposable> {
  const { rows, dispatcher, clock, log, shared } = parts;
  for (const { run, tenant } of await rows.unfinished()) {
    if (shared === undefined) dispatcher.enqueue({ run, tenant, kind: 'resume' });
    else await shared.refresh(run);
  }
  const isLeft = ({ created_at }: Pick<RunRow, 'created_at'>): boolean =>
    shared === undefined || clock.now() - created_at >= leftMs;
  for (const row of (await allAccepted(rows)).filter(isLeft)) dispatcher.enqueue(startOf(row));
  let closed = false;
  let stop = (): void => {};
  const look = async (): Promise<void> => {
    try {
      for (const row of (await rows.accepted(pageRows)).filter(isLeft)) dispatcher.enqueue(startOf(row));
    } catch (cause) {
      if (!closed) log.warn('rows of runs could not be read', { reason: reasonOf(cause) });
    }
    if (!closed) next();
  };
  const next = (): void => {
    stop = clock.after(lookMs, () => void look());
  };
  next();
  return {
    [Symbol.dispose]() {
      closed = true;
      stop();
    },
  };
}

type Row = Pick<RunRow, 'run' | 'tenant' | 'created_at'>;

function startOf({ run, tenant }: Row): QueuedRun {
  return { run, tenant, kind: 'start' };
}

/** In the order in which they came. */
async function allAccepted(rows: RunRows): Promise<readonly Row[]> {
  const found: Row[] = [];
  let after: string | undefined;
  do {
    const page = await rows.list(
      { status: ['accepted'] },
      { limit: pageRows, ...(after === undefined ? {} : { after }) },
    );
    for (const { run, tenant, created_at } of page.rows) found.push({ run, tenant, created_at });
    after = page.next;
  } while (after !== undefined);
  return found.reverse();
}
