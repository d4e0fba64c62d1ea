import type { JsonObject } from '../../schemas/index.ts';
import type { CallRow } from '../../storage/records/port.ts';
import type { Principal } from '../auth/principal.ts';
import { forbidden } from '../auth/refusals.ts';
import { allTenants } from '../auth/tenant.ts';
import { nextCursor, readCursor } from '../http/page-cursor.ts';
import { meaningless } from '../http/query.ts';
import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { callsQuery } from './calls-schemas.ts';

/** The record of API calls, for admins. */
export function callsRoutes({ records }: Pick<ServerParts, 'records'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/calls',
      operation: 'listCalls',
      tag: 'Calls',
      summary: 'List API calls',
      description: 'Who called what, and what came of it, newest first. A call is there a moment after its answer.',
      permission: 'calls:read',
      query: callsQuery,
      responses: {
        200: {
          description: 'A page of calls.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Calls' } } },
        },
      },
      async handle({ principal, query }) {
        // The schema allows nothing else, and fills in the limit.
        const { from, until, by, tenant_id, limit, cursor } = query as unknown as CallsQuery;
        const tenant = scopeOf(principal, tenant_id);
        const filter = {
          ...(tenant === undefined ? {} : { tenant }),
          ...(from === undefined ? {} : { from: timeOf('from', from) }),
          ...(until === undefined ? {} : { until: timeOf('until', until) }),
          ...(by === undefined ? {} : { by }),
        };
        const after = readCursor(cursor, filter);
        const page = await records.calls.list(filter, { limit, ...(after === undefined ? {} : { after }) });
        const names = await keyNames(records, page.rows);
        const calls = page.rows.map((row) => callView(row, names));
        const value = { calls, ...nextCursor(page.next, filter) };
        return { status: 200, body: { kind: 'json', value } };
      },
    },
  ];
}

interface CallsQuery {
  readonly from?: string;
  readonly until?: string;
  readonly by?: string;
  readonly tenant_id?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** The tenant whose calls are asked for; undefined: all, and those of nobody. */
function scopeOf({ tenant }: Principal, asked: string | undefined): string | undefined {
  if (tenant === allTenants) return asked;
  if (asked === undefined || asked === tenant) return tenant;
  throw forbidden(
    'an admin sees the calls of its own tenant only',
    'Leave `tenant_id` out, or ask with a key of all tenants (`*`).',
  );
}

/** Leap seconds are times that JavaScript has none for. */
function timeOf(field: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  const remedy = 'Write a time such as 2030-01-31T12:00:00Z.';
  throw meaningless('the query is not valid', [
    { code: 'INVALID_VALUE', message: `\`${field}\` is no time that is known here`, remedy },
  ]);
}

/** The names of the keys that made some calls, also of those that are revoked, by their ids. */
async function keyNames(
  { keys }: Pick<ServerParts['records'], 'keys'>,
  rows: readonly CallRow[],
): Promise<ReadonlyMap<string, string>> {
  const made = new Set(rows.map(({ by }) => by));
  if (![...made].some((by) => by?.startsWith('key_'))) return new Map();
  // A key of all tenants calls in another tenant than its own.
  return new Map((await keys.list()).flatMap(({ id, name }) => (made.has(id) ? [[id, name]] : [])));
}

function callView(row: CallRow, names: ReadonlyMap<string, string>): JsonObject {
  const { tenant, by, target, details } = row;
  const name = by === undefined ? undefined : names.get(by);
  return {
    request_id: row.request,
    at: new Date(row.at).toISOString(),
    ...(tenant === undefined ? {} : { tenant_id: tenant }),
    ...(by === undefined ? {} : { by }),
    ...(name === undefined ? {} : { by_name: name }),
    method: row.method,
    route: row.route,
    ...(target === undefined ? {} : { target }),
    status: row.status,
    duration_ms: row.duration_ms,
    remote: row.remote,
    ...(details === undefined ? {} : { details }),
  };
}
