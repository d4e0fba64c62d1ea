import type { Logger } from 'winston';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import type { Dispatcher } from './dispatcher.ts';
import { reasonOf } from './failures.ts';

/** Rows that nobody has told of are looked for so often. */
const lookMs = 5_000;
const pageRows = 500;

/**
 * Has everything wait for its turn that hasn't ended: what an engine had when the server ended, then what was accepted. From then on
 * rows are looked for now and then that nobody has told of, until disposed of.
 */
export async function takeRows(parts: {
  readonly rows: RunRows;
  readonly dispatcher: Dispatcher;
  readonly clock: ServerClock;
  readonly log: Logger;
}): Promise<Disposable> {
  const { rows, dispatcher, clock, log } = parts;
  for (const { run, tenant } of await rows.unfinished()) dispatcher.enqueue({ run, tenant, kind: 'resume' });
  for (const { run, tenant } of await allAccepted(rows)) dispatcher.enqueue({ run, tenant, kind: 'start' });
  let closed = false;
  let stop = (): void => {};
  const look = async (): Promise<void> => {
    try {
      for (const { run, tenant } of await rows.accepted(pageRows)) dispatcher.enqueue({ run, tenant, kind: 'start' });
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

/** In the order in which they came. */
async function allAccepted(rows: RunRows): Promise<readonly Pick<RunRow, 'run' | 'tenant'>[]> {
  const found: Pick<RunRow, 'run' | 'tenant'>[] = [];
  let after: string | undefined;
  do {
    const page = await rows.list(
      { status: ['accepted'] },
      { limit: pageRows, ...(after === undefined ? {} : { after }) },
    );
    for (const { run, tenant } of page.rows) found.push({ run, tenant });
    after = page.next;
  } while (after !== undefined);
  return found.reverse();
}
