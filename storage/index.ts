export type { FolderBell } from './folder/bell.ts';
export { requireRoom } from './folder/room.ts';
export { createFolderStore } from './folder/store.ts';
export type {
  Groups,
  Inbox,
  JournalEntry,
  LogSegment,
  PlacedSegment,
  PostedRequest,
  RunReading,
  RunRecord,
  RunStore,
  Store,
} from './port.ts';
export { createRunIds } from './run-id.ts';
