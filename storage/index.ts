export { createFolderStore, type FolderStoreOptions } from './folder/store.ts';
export type { JournalEntry, LogSegment, RunRecord, RunStore, Store } from './port.ts';
export { createRunIds, type RunIdPowers } from './run-id.ts';
