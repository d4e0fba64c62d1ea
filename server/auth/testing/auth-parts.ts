import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Logger, transports } from 'winston';
import { openRecords, type Records } from '../../../storage/records/index.ts';
import { recordsPlaceIn } from '../../../storage/records/testing/places.ts';
import type { ServerClock } from '../../parts.ts';

/** A clock that goes only where a test has it go. */
export interface TestClock extends ServerClock {
  advance(ms: number): void;
}

/** Records in a folder of their own, a clock that stands, and a log that is thrown away. */
export interface AuthTestParts extends AsyncDisposable {
  readonly folder: string;
  readonly records: Records;
  readonly clock: TestClock;
  readonly log: Logger;
}

const startOfTests = Date.UTC(2030, 0, 1);

/** Opens them; what is disposed of is removed. */
export async function openAuthParts(): Promise<AuthTestParts> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-auth-'));
  const clock = testClock(startOfTests);
  const records = await openRecords(await recordsPlaceIn(folder), { now: () => clock.now() });
  return {
    folder,
    records,
    clock,
    log: createLogger({ transports: [new transports.Console({ silent: true })] }),
    async [Symbol.asyncDispose]() {
      await records[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function testClock(start: number): TestClock {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.callback();
      }
    },
  };
}
