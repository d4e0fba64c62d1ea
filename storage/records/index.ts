export { openRecords } from './open.ts';
export type {
  CallRow,
  CallRows,
  IdempotencyClaim,
  KeyRow,
  KeyRows,
  Page,
  Records,
  Role,
  RunChanges,
  RunFilter,
  RunOrigin,
  RunRow,
  RunRows,
  ScheduleRow,
  ScheduleRows,
  Submitted,
  SubmittedRequest,
  WebhookRow,
  WebhookRows,
} from './port.ts';
export type { RecordsPlace } from './session-at.ts';
