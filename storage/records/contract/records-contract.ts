import { describe } from 'vitest';
import { describeCalls } from './calls-contract.ts';
import { describeClaims } from './claims-contract.ts';
import { describeContents } from './contents-contract.ts';
import { describeCrashes } from './crashes-contract.ts';
import { describeFilters } from './filters-contract.ts';
import { describeForms } from './forms-contract.ts';
import { describeKeys } from './keys-contract.ts';
import { describeMigrations } from './migrations-contract.ts';
import { describeNames } from './names-contract.ts';
import { describePages } from './pages-contract.ts';
import { describeRetention } from './retention-contract.ts';
import { describeRuns } from './runs-contract.ts';
import { describeSchedules } from './schedules-contract.ts';
import { type EmptyPlace, storeAt } from './store.ts';
import { describeWebhooks } from './webhooks-contract.ts';

/** What every driver of the records' port does. `makePlace` gives one of its own to each test. */
export function describeRecords(name: string, makePlace: () => Promise<EmptyPlace>): void {
  const makeStore = async () => storeAt(await makePlace());
  describe(`the records' contract: ${name}`, () => {
    describeMigrations(makePlace);
    describeForms(makePlace);
    describeRuns(makeStore);
    describeContents(makeStore);
    describeFilters(makeStore);
    describePages(makeStore);
    describeClaims(makeStore);
    describeRetention(makeStore);
    describeKeys(makeStore);
    describeSchedules(makeStore);
    describeWebhooks(makeStore);
    describeNames(makePlace);
    describeCalls(makeStore);
    describeCrashes(makeStore);
  });
}
