import { describe } from 'vitest';
import { describeCrashes } from './crashes-contract.ts';
import { describeKeeping } from './keeping-contract.ts';
import { describeReading } from './reading-contract.ts';
import { type EmptyPlace, logsAt } from './store.ts';

/** What every driver of the shipped logs' port does. `makePlace` gives one of its own to each test. */
export function describeShippedLogs(name: string, makePlace: () => Promise<EmptyPlace>): void {
  const makeLogs = async () => logsAt(await makePlace());
  describe(`the contract of shipped logs: ${name}`, () => {
    describeKeeping(makeLogs);
    describeReading(makeLogs);
    describeCrashes(makeLogs);
  });
}
