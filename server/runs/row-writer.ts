import type { Logger } from 'winston';
import type { RunChanges, RunRow, RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import { reasonOf } from './failures.ts';

/** A run that goes from step to step in no time changes at most so often. */
const pauseMs = 100;
/** After so long it is tried again where the store took nothing. */
const retryMs = 1_000;

/** Writes what changes of one run's row: together what comes together, in order, and again where the store took nothing. */
export interface RowWriter {
  /** Written soon, unless it is so already. */
  change(changes: RunChanges): void;
  /** Resolves when all is written, or the server ends. */
  flush(): Promise<void>;
}

/** What rows are written with. */
export interface RowWriterParts {
  readonly rows: Pick<RunRows, 'update'>;
  readonly clock: ServerClock;
  readonly log: Logger;
  readonly isClosed: () => boolean;
}

/** A writer of the row of a run, as it is now. */
export function createRowWriter(row: RunRow, { rows, clock, log, isClosed }: RowWriterParts): RowWriter {
  const { run } = row;
  let written: RunChanges = row;
  let pending: RunChanges = {};
  let writing: Promise<void> | undefined;

  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const hasPending = (): boolean => Object.keys(pending).length > 0 && !isClosed();
  const writeAll = async (): Promise<void> => {
    while (hasPending()) {
      const changes = pending;
      pending = {};
      // What is being written counts: a value that changes back is one more change.
      written = { ...written, ...changes };
      try {
        await rows.update(run, changes);
      } catch (cause) {
        pending = { ...changes, ...pending };
        if (isClosed()) return;
        log.warn('the row of a run could not be written', { run, reason: reasonOf(cause) });
        await wait(retryMs);
        continue;
      }
      // Whoever asks for the end is not kept waiting.
      if (Object.keys(pending).length > 0 && pending.ended_at === undefined) await wait(pauseMs);
    }
  };
  const start = async (): Promise<void> => {
    try {
      // What comes while the last write is being settled is written, too.
      while (hasPending()) await writeAll();
    } finally {
      writing = undefined;
    }
  };
  return {
    change(changes) {
      const news = Object.entries(changes).filter(([name, value]) => !isSame(value, current(name)));
      if (news.length === 0) return;
      // Its entries are those of `changes`.
      pending = { ...pending, ...(Object.fromEntries(news) as RunChanges) };
      writing ??= start();
    },
    async flush() {
      await writing;
    },
  };

  function current(name: string): unknown {
    return Reflect.get(name in pending ? pending : written, name) ?? null;
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
