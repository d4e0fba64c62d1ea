import { describe } from 'vitest';
import type { EmptyPlace } from '../../records/contract/store.ts';
import { describeEvents } from './events-contract.ts';
import { describeProcesses } from './processes-contract.ts';
import { describeReading } from './reading-contract.ts';
import { describeRuns } from './runs-contract.ts';
import { projectionAt } from './store.ts';
import { describeValues } from './values-contract.ts';
import { describeWatching } from './watch-contract.ts';

/** What the projection does in every database. `makePlace` gives one of its own to each test. */
export function describeProjection(name: string, makePlace: () => Promise<EmptyPlace>): void {
  const makeProjection = async () => projectionAt(await makePlace());
  describe(`the projection's contract: ${name}`, () => {
    describeRuns(makeProjection);
    describeEvents(makeProjection);
    describeReading(makeProjection);
    describeValues(makeProjection);
    describeWatching(makeProjection);
    describeProcesses(makeProjection);
  });
}
