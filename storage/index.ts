export { createFolderStore } from './folder/store.ts';
export type { JournalEntry, LogSegment, RunStore, Store } from './port.ts';
export { createRunIds } from './run-id.ts';
