// Ships batches of three entries, of ten runs at a time, and prints `run sequence` once a batch is acknowledged, until it is killed.
import { writeSync } from 'node:fs';
import { newRun } from '../../logs/testing/samples.ts';
import type { RecordsPlace } from '../../records/session-at.ts';
import { openShippedCalls } from '../open.ts';
import { entriesFrom, exampleChain } from './samples.ts';

const place = JSON.parse(process.argv[2] ?? '') as RecordsPlace; // The test wrote it.
const calls = await openShippedCalls(place);

async function ship(): Promise<never> {
  const run = newRun();
  for (let from = 1; ; from += 3) {
    await calls.append(run, exampleChain, entriesFrom(from, 3));
    writeSync(1, `${run} ${from + 2}\n`);
  }
}

await Promise.all(Array.from({ length: 10 }, ship));
