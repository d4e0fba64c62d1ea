// Reads the events of a run and prints how many there are.
import type { RunId } from '../../../schemas/index.ts';
import type { RecordsPlace } from '../../records/session-at.ts';
import { openProjection } from '../open.ts';

const [placeText = '', runText = ''] = process.argv.slice(2);
const projection = await openProjection(JSON.parse(placeText) as RecordsPlace);
let count = 0;
for await (const { sequence, event } of projection.entries(runText as RunId)) {
  count += 1;
  if (sequence !== count || event['number'] !== count) throw new Error(`event ${count} is another one`);
}
process.stdout.write(`${count}\n`);
await projection[Symbol.asyncDispose]();
