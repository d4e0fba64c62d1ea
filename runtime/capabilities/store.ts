import type { Capability } from './capability.ts';
import { loadOperation, savedOperation, saveOperation } from './store/archive-operations.ts';
import {
  compareAndSetOperation,
  deleteOperation,
  getOperation,
  listOperation,
  setOperation,
} from './store/operations.ts';
import {
  explainStoreRule,
  narrowStoreRules,
  parseStoreEntry,
  quoteStoreText,
  type StoreEffective,
  type StoreRule,
  storeEntrySchema,
} from './store/rules.ts';

/** Small values that outlive a run, of one plugin in one tenant. */
export const storeCapability: Capability<StoreRule, StoreEffective> = {
  name: 'store',
  description: 'keep small values from one run to the next',
  ambient: false,
  entrySchema: storeEntrySchema,
  parse: parseStoreEntry,
  quote: quoteStoreText,
  narrow: narrowStoreRules,
  explain: explainStoreRule,
  operations: {
    get: getOperation,
    set: setOperation,
    compare_and_set: compareAndSetOperation,
    delete: deleteOperation,
    list: listOperation,
    save: saveOperation,
    load: loadOperation,
    saved: savedOperation,
  },
};
