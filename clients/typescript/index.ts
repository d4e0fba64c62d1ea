/** `waterflow/client`: a typed client of the REST API, for Node 20 and newer, Deno and browsers. */
export { type ClientSettings, createClient, type WaterflowClient } from './client.ts';
export type { Catalogue, Readiness } from './catalogue.ts';
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  InvalidRequestError,
  NoAnswerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  TimedOutError,
  ValidationError,
  WaterflowError,
} from './errors.ts';
export type * from './generated/models.ts';
export type { Keys } from './keys.ts';
export type { Page, Pages } from './pages.ts';
export type { Powers } from './powers.ts';
export type { Checked, Decision, LogQuery, Runs, Submission, WaitOptions } from './runs.ts';
export type { Schedules } from './schedules.ts';
export type { StreamEnd, StreamOptions } from './stream.ts';
export type { KeyedOptions, RequestOptions } from './transport.ts';
export type { Delivery, Webhooks } from './webhooks.ts';
