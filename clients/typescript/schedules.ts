import type {
  Backfill,
  BackfilledRuns,
  ListSchedulesQuery,
  NewSchedule,
  NewSchedules,
  Schedule,
  ScheduleChanges,
  ScheduleDetails,
  StartedRun,
} from './generated/models.ts';
import { type Pages, pagesOf } from './pages.ts';
import { apiPath } from './path.ts';
import type { KeyedOptions, RequestOptions, Transport } from './transport.ts';

/** What starts runs by the clock. */
export interface Schedules {
  readonly list: (query?: ListSchedulesQuery, options?: RequestOptions) => Pages<Schedule>;
  readonly get: (id: string, options?: RequestOptions) => Promise<ScheduleDetails>;
  /** One, or one for each entry of the workflow's `on.schedule`. */
  readonly create: (schedule: NewSchedule, options?: KeyedOptions) => Promise<NewSchedules>;
  readonly change: (id: string, changes: ScheduleChanges, options?: RequestOptions) => Promise<ScheduleDetails>;
  /** Its runs stay. */
  readonly remove: (id: string, options?: RequestOptions) => Promise<void>;
  /** A run now. */
  readonly trigger: (id: string, options?: KeyedOptions) => Promise<StartedRun>;
  /** The starts of a time that is over, each carried out once. */
  readonly backfill: (id: string, times: Backfill, options?: RequestOptions) => Promise<BackfilledRuns>;
}

/** The operations of schedules. Their answers are as the API says. */
export function schedulesOf(transport: Transport): Schedules {
  const { ask, powers } = transport;
  const keyOf = (options: KeyedOptions | undefined): string => options?.idempotencyKey ?? powers.uniqueKey();
  return {
    list: (query, options) =>
      pagesOf(transport, { path: 'v1/schedules', list: 'schedules', query: { ...query } }, options),
    get: (id, options) => ask({ path: apiPath`v1/schedules/${id}` }, options) as Promise<ScheduleDetails>,
    create: (body, options) =>
      ask(
        { method: 'POST', path: 'v1/schedules', body, idempotencyKey: keyOf(options) },
        options,
      ) as Promise<NewSchedules>,
    change: (id, body, options) =>
      ask({ method: 'PATCH', path: apiPath`v1/schedules/${id}`, body }, options) as Promise<ScheduleDetails>,
    async remove(id, options) {
      await ask({ method: 'DELETE', path: apiPath`v1/schedules/${id}` }, options);
    },
    trigger: (id, options) =>
      ask(
        { method: 'POST', path: apiPath`v1/schedules/${id}/trigger`, idempotencyKey: keyOf(options) },
        options,
      ) as Promise<StartedRun>,
    backfill: (id, body, options) =>
      ask(
        { method: 'POST', path: apiPath`v1/schedules/${id}/backfill`, body, repeats: true },
        options,
      ) as Promise<BackfilledRuns>,
  };
}
