export { createFolderStore } from './folder/store.ts';
export type { FolderBell } from './folder/bell.ts';
export type { Groups, Inbox, JournalEntry, LogSegment, PostedRequest, RunStore, Store } from './port.ts';
export { createRunIds } from './run-id.ts';
