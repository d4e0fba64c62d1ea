// Ships batches of three segments, of ten runs at a time, and prints `run sequence` once a batch is acknowledged, until it is killed.
import { writeSync } from 'node:fs';
import { openShippedLogs, type ShippedLogsPlace } from '../open.ts';
import { newRun, segments } from './samples.ts';

const place = JSON.parse(process.argv[2] ?? '') as ShippedLogsPlace;
const logs = await openShippedLogs(place);

async function ship(): Promise<never> {
  const run = newRun();
  for (let from = 1; ; from += 3) {
    await logs.append(run, segments(from, 3));
    writeSync(1, `${run} ${from + 2}\n`);
  }
}

await Promise.all(Array.from({ length: 10 }, ship));
