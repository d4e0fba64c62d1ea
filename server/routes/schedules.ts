import type { JsonObject } from '../../schemas/index.ts';
import { nextCursor, readCursor } from '../http/page-cursor.ts';
import type { ApiRequest, ApiResponse, Route, Schema } from '../http/route.ts';
import {
  answerIn,
  createdAnswer,
  idempotencyKey,
  idempotencyKeyOf,
  onceOnly,
  removedSince,
  replayedHeader,
} from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { backfill, backfillStarts } from '../schedules/backfill.ts';
import {
  changeSchedule,
  findSchedule,
  makeSchedules,
  type NewSchedule,
  noSchedule,
  type ScheduleChanges,
  triggerSchedule,
} from '../schedules/operations.ts';
import { pageOfList } from '../schedules/pages.ts';
import { tenantOfList, tenantOfNew } from '../schedules/tenants.ts';
import { scheduleDetails, scheduleView, timeText } from '../schedules/views.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';
import { pageOf, pageQuery, scheduleIdSchema } from './schedules-schemas.ts';

const shownRuns = 10;
const body = (schema: Schema) => ({ required: true, content: { 'application/json': { schema, as: 'json' } } }) as const;
const refused = problemResponse(
  'The workflow, its inputs or the times are wrong, or it needs secrets; `errors` has every problem.',
);
const madeHeaders = {
  Location: { description: 'Where what was made is.', schema: { type: 'string' } },
  ...replayedHeader,
} as const;

/** Schedules: making, listing, changing and removing them, and starting their runs out of turn. */
export function schedulesRoutes(parts: ServerParts): readonly Route[] {
  return [...collection(parts), ...single(parts), ...outOfTurn(parts)];
}

const tag = 'Schedules';
const params = { id: scheduleIdSchema } as const;
const path = '/v1/schedules';
const onePath = '/v1/schedules/{id}';

function collection(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'POST',
      path,
      operation: 'createSchedule',
      tag,
      summary: 'Makes schedules of a workflow',
      permission: 'schedules:write',
      headers: { 'idempotency-key': idempotencyKey },
      body: body(reference('NewSchedule')),
      responses: {
        201: { ...jsonResponse('The schedules.', reference('NewSchedules')), headers: madeHeaders },
        409: problemResponse(
          'The tenant has a schedule of that name, or too many schedules; or what the request made before was removed since.',
        ),
        422: refused,
      },
      handle: (request) => create(parts, request),
    },
    {
      method: 'GET',
      path,
      operation: 'listSchedules',
      tag,
      summary: 'The schedules, oldest first',
      permission: 'schedules:read',
      query: pageQuery,
      responses: { 200: jsonResponse('A page of them.', pageOf('schedules', reference('Schedule'))) },
      handle: (request) => list(parts, request),
    },
  ];
}

function single(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: onePath,
      operation: 'getSchedule',
      tag,
      summary: 'A schedule with its next and its last starts',
      permission: 'schedules:read',
      params,
      responses: { 200: jsonResponse('The schedule.', reference('ScheduleDetails')) },
      handle: async (request) => details(parts, await found(parts, request)),
    },
    {
      method: 'PATCH',
      path: onePath,
      operation: 'changeSchedule',
      tag,
      summary: 'Pauses, resumes or changes a schedule',
      description: 'Starts that were due while it was paused, or before its times were changed, are not made up.',
      permission: 'schedules:write',
      params,
      body: body(reference('ScheduleChanges')),
      responses: {
        200: jsonResponse('The schedule as it is now.', reference('ScheduleDetails')),
        409: problemResponse('The tenant has another schedule of that name.'),
        422: refused,
      },
      handle: async (request) => {
        const row = await found(parts, request);
        // The schema of the body says so.
        return details(parts, await changeSchedule(parts, row, request.body as unknown as ScheduleChanges));
      },
    },
    {
      method: 'DELETE',
      path: onePath,
      operation: 'removeSchedule',
      tag,
      summary: 'Removes a schedule',
      description: 'Its runs stay as they are.',
      permission: 'schedules:write',
      params,
      responses: { 204: { description: 'It is gone.' } },
      handle: async (request) => {
        const { id } = await found(parts, request);
        if (!(await parts.records.schedules.remove(id))) throw noSchedule();
        return { status: 204 };
      },
    },
  ];
}

function outOfTurn(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: `${onePath}/trigger`,
      operation: 'triggerSchedule',
      tag,
      summary: 'Starts a run of a schedule now',
      description: 'Also while it is paused, and while another run of it goes on.',
      permission: 'schedules:write',
      params,
      headers: { 'idempotency-key': idempotencyKey },
      responses: { 201: { ...jsonResponse('The run.', reference('StartedRun')), headers: madeHeaders }, 422: refused },
      handle: async (request) => {
        const asked = { traceparent: request.traceparent, key: idempotencyKeyOf(request) };
        const { answer, replayed } = await triggerSchedule(parts, await found(parts, request), asked);
        return createdAnswer({ ...answer }, { location: `/v1/workflows/${answer.id}`, replayed });
      },
    },
    {
      method: 'POST',
      path: `${onePath}/backfill`,
      operation: 'backfillSchedule',
      tag,
      summary: 'Starts the runs of times that have passed',
      description:
        'At most 1,000 of them, oldest first, whatever `overlap` says. Each is started once: a request that was broken off can be sent ' +
        'again, for 30 days.',
      permission: 'schedules:write',
      params,
      body: body(reference('Backfill')),
      responses: {
        200: {
          ...jsonResponse('The runs.', reference('BackfilledRuns')),
          headers: {
            'Idempotency-Replayed': {
              description: '`true` where earlier requests had started all of them.',
              schema: { type: 'string' },
            },
          },
        },
        422: refused,
      },
      handle: (request) => fill(parts, request),
    },
  ];
}

function found(parts: ServerParts, { principal, params }: ApiRequest): ReturnType<typeof findSchedule> {
  return findSchedule(parts, principal, params['id'] ?? '');
}

async function create(parts: ServerParts, request: ApiRequest): Promise<ApiResponse> {
  const { principal } = request;
  // The schema of the body says so.
  const given = request.body as unknown as NewSchedule;
  const tenant = tenantOfNew(principal, given.tenant_id);
  const once = onceOnly(parts, request, { tenant, operation: 'createSchedule', content: { ...given } });
  const before = await once.before();
  if (before !== undefined) return madeBefore(parts, before);
  const { rows, warnings } = await makeSchedules(parts, { tenant, by: principal.name, given });
  const now = parts.clock.now();
  // Diagnostics are JSON; their interfaces only lack JsonObject's index signature.
  const value: JsonObject = {
    schedules: rows.map((row) => scheduleView(row, now)),
    warnings: warnings as unknown as readonly JsonObject[],
  };
  const other = answerIn(await parts.records.schedules.add(rows, once.claimed(value)));
  return other === undefined ? made(value, { replayed: false }) : madeBefore(parts, other);
}

/** 409 where a schedule of the answer of before is gone. */
async function madeBefore({ records }: ServerParts, answer: JsonObject): Promise<ApiResponse> {
  const rows = await Promise.all(idsIn(answer).map((id) => records.schedules.get(id)));
  if (rows.includes(undefined)) throw removedSince(rows.length === 1 ? 'a schedule' : 'several schedules');
  return made(answer, { replayed: true });
}

function made(value: JsonObject, { replayed }: { readonly replayed: boolean }): ApiResponse {
  return createdAnswer(value, { location: `${path}/${idsIn(value)[0]}`, replayed });
}

function idsIn(answer: JsonObject): readonly string[] {
  // An answer of create().
  const { schedules } = answer as { readonly schedules: readonly { readonly id: string }[] };
  return schedules.map(({ id }) => id);
}

async function list(parts: ServerParts, { principal, query }: ApiRequest): Promise<ApiResponse> {
  const { limit, cursor, tenant_id } = query;
  const name = typeof query['name'] === 'string' ? query['name'] : undefined;
  const tenant = tenantOfList(principal, typeof tenant_id === 'string' ? tenant_id : undefined);
  const list = ['schedules', tenant, name ?? null];
  const { rows, next } = pageOfList(await parts.records.schedules.list(tenant), {
    limit: Number(limit ?? 50),
    cursor: readCursor(cursor, list),
    name,
  });
  const now = parts.clock.now();
  const value = {
    schedules: rows.map((row) => scheduleView(row, now)),
    ...nextCursor(next, list),
  };
  return { status: 200, body: { kind: 'json', value } };
}

async function details(
  { records, clock }: ServerParts,
  row: Awaited<ReturnType<typeof findSchedule>>,
): Promise<ApiResponse> {
  const runs = await records.runs.list({ origin: { kind: 'schedule', id: row.id } }, { limit: shownRuns });
  return { status: 200, body: { kind: 'json', value: scheduleDetails(row, runs.rows, clock.now()) } };
}

async function fill(parts: ServerParts, request: ApiRequest): Promise<ApiResponse> {
  const row = await found(parts, request);
  // The schema of the body says so.
  const { from, to } = request.body as { readonly from: string; readonly to: string };
  const starts = backfillStarts(row, { from: Date.parse(from), to: Date.parse(to) }, parts.clock.now());
  const runs = await backfill(parts, row, { starts, signal: request.signal });
  const value = {
    runs: runs.map(({ run, scheduledAt, repeated }) => ({ id: run, scheduled_at: timeText(scheduledAt), repeated })),
  };
  const replayed = runs.length > 0 && runs.every(({ repeated }) => repeated);
  return {
    status: 200,
    ...(replayed ? { headers: { 'Idempotency-Replayed': 'true' } } : {}),
    body: { kind: 'json', value },
  };
}
