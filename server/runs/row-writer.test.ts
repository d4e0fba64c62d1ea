import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import winston from 'winston';
import type { RunChanges, RunRow } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import { createRowWriter } from './row-writer.ts';

const log = winston.createLogger({
  transports: [new winston.transports.Stream({ stream: new Writable({ write: (_chunk, _encoding, done) => done() }) })],
});
/** Time passes at once. */
const clock: ServerClock = {
  now: () => 0,
  after: (_ms, callback) => {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};
// What else a row has is of no consequence.
const row = { run: 'run-1', status: 'running', name: 'n', attempt: 1 } as unknown as RunRow;

function writing(update: (changes: RunChanges) => Promise<void>, isClosed = () => false) {
  const written: RunChanges[] = [];
  const writer = createRowWriter(row, {
    rows: {
      update: async (_run, changes) => {
        await update(changes);
        written.push(changes);
      },
    },
    clock,
    log,
    isClosed,
  });
  return { writer, written };
}

it('writes what is new, and together what comes while something is written', async () => {
  const { writer, written } = writing(async () => {});
  writer.change({ status: 'running', attempt: 1 });
  await writer.flush();
  expect(written).toEqual([]);
  writer.change({ status: 'waiting' });
  writer.change({ attempt: 2 });
  writer.change({ status: 'success', ended_at: 7, error: null });
  await writer.flush();
  expect(written).toEqual([{ status: 'waiting' }, { attempt: 2, status: 'success', ended_at: 7 }]);
});

it('writes a value that changes back while the other is written', async () => {
  const { writer, written } = writing(async () => {});
  writer.change({ status: 'waiting' });
  writer.change({ status: 'running' });
  await writer.flush();
  expect(written).toEqual([{ status: 'waiting' }, { status: 'running' }]);
});

it('writes again what the store did not take, with what is newer', async () => {
  let failures = 2;
  const { writer, written } = writing(async () => {
    failures -= 1;
    if (failures >= 0) throw new Error('full');
  });
  writer.change({ status: 'waiting', attempt: 2 });
  writer.change({ status: 'success' });
  await writer.flush();
  expect(written).toEqual([{ status: 'success', attempt: 2 }]);
});

it('gives up when the server ends', async () => {
  let closed = false;
  const { writer, written } = writing(
    async () => {
      closed = true;
      throw new Error('gone');
    },
    () => closed,
  );
  writer.change({ status: 'waiting' });
  await writer.flush();
  expect(written).toEqual([]);
});
