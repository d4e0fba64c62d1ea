// Submits runs, twenty at a time, each with a key of its own, and prints the id of each once it is acknowledged: as many as it is
// told to, or until it is killed.
import { writeSync } from 'node:fs';
import { exampleClaim, exampleRun } from '../contract/samples.ts';
import { openRecords } from '../open.ts';
import type { RecordsPlace } from '../session-at.ts';

const [placeText = '', countText = 'Infinity'] = process.argv.slice(2);
const place = JSON.parse(placeText) as RecordsPlace;
let left = Number(countText);
const records = await openRecords(place);

async function submitOneByOne(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const row = exampleRun({ labels: { of: 'child' } });
    await records.runs.submit(row, { ...exampleClaim({ key: row.run }), answer: { id: row.run } });
    writeSync(1, `${row.run}\n`);
  }
}

await Promise.all(Array.from({ length: 20 }, submitOneByOne));
await records[Symbol.asyncDispose]();
