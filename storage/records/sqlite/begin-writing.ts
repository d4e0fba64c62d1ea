import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from '../../folder/failures.ts';
import { busyTimeoutMs } from './database.ts';

/** Between two attempts at most, in ms. */
const longestPauseMs = 10;

/**
 * Begins a transaction that writes; waits for other processes that do, without holding up this one. SQLite's own waiting sleeps for up to
 * 100 ms between two attempts, and knows no queue: among processes that write one commit after another, which leave the lock for less than
 * a millisecond each time, one could wait for minutes. Short pauses of random lengths get everybody in. Throws SQLite's error once that has
 * taken `patienceMs`.
 */
export async function beginWriting(connection: DatabaseSync, patienceMs: number): Promise<void> {
  const since = performance.now();
  while (!beganAtOnce(connection, { orThrow: performance.now() - since >= patienceMs })) {
    await sleep(Math.ceil(Math.random() * longestPauseMs));
  }
}

/** False, or SQLite's error, where another process writes. */
function beganAtOnce(connection: DatabaseSync, { orThrow }: { readonly orThrow: boolean }): boolean {
  connection.exec('PRAGMA busy_timeout = 0');
  try {
    connection.exec('BEGIN IMMEDIATE');
    return true;
  } catch (cause) {
    if (orThrow || !isBusy(cause)) throw cause;
    return false;
  } finally {
    connection.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }
}
