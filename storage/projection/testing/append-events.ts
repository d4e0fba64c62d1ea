// Reports events of a job, a few at a time, each report with some that were told before, and prints how many are acknowledged: as many
// as it is told to, or until it is killed.
import { writeSync } from 'node:fs';
import type { JobKey, RunId } from '../../../schemas/index.ts';
import type { RecordsPlace } from '../../records/session-at.ts';
import { exampleReport } from '../contract/samples.ts';
import { openProjection } from '../open.ts';

const {
  place,
  run,
  job,
  count = Infinity,
} = JSON.parse(process.argv[2] ?? '') as {
  readonly place: RecordsPlace;
  readonly run: RunId;
  readonly job: JobKey;
  readonly count?: number;
};
const projection = await openProjection(place);
for (let done = 0; done < count; ) {
  const from = Math.max(1, done - (done % 3));
  const until = Math.min(done + 1 + (done % 5), count);
  await projection.append(exampleReport({ run, job, from }, until - from + 1));
  done = until;
  writeSync(1, `${done}\n`);
}
await projection[Symbol.asyncDispose]();
