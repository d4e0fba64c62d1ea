import { type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import type { RecordedHostCall } from '../host-calls.ts';
import { nextCursor, readCursor } from '../http/page-cursor.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { auditRecordList, hostCallPage, hostCallQuery } from './host-calls-schemas.ts';
import { runIdSchema } from './logs-schemas.ts';

/** What the plugins of a run did to the world, what they were kept from, and how the records of that are. */
export function hostCallsRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/workflows/{id}/host-calls',
      operation: 'listHostCalls',
      tag: 'Logs and events',
      summary: "A run's host calls, allowed and denied",
      description:
        'As the agent recorded them, each with the rules by which it was decided, in the order in which they were over; of a run in ' +
        "progress, those that aren't come last. Only calls that the record's hash chain proves are given: where it is broken, `problem` says so. " +
        'On Temporal each agent has a record of its own, which it ships as it goes on; the order is that in which entries came.',
      permission: 'runs:read',
      params: { id: runIdSchema },
      query: hostCallQuery,
      responses: {
        200: { description: 'A page of them.', content: { 'application/json': { schema: hostCallPage } } },
      },
      handle: (request) => listCalls(parts, request),
    },
    {
      method: 'GET',
      path: '/v1/workflows/{id}/audit-records',
      operation: 'listAuditRecords',
      tag: 'Logs and events',
      summary: "How the records of a run's host calls are",
      description:
        'Each record is checked now, from its first entry to its last: the hash chain, and the signatures over it. On Temporal there is one for each agent, as far as it ' +
        'was shipped; whose key signed it, and whether its end is missing, `waterflow audit verify` says on the agent alone.',
      permission: 'runs:read',
      params: { id: runIdSchema },
      responses: {
        200: { description: 'All of them.', content: { 'application/json': { schema: auditRecordList } } },
      },
      handle: async ({ principal, params }) => {
        const { run } = await visibleRun(parts, principal, params['id'] ?? '');
        return { status: 200, body: { kind: 'json', value: { audit_records: await parts.auditRecords(run) } } };
      },
    },
  ];
}

async function listCalls(parts: ServerParts, { principal, params, query }: ApiRequest): Promise<ApiResponse> {
  const { run } = await visibleRun(parts, principal, params['id'] ?? '');
  const limit = Number(query['limit'] ?? 100);
  const { limit: _, cursor, ...filter } = query;
  const list = [run, filter];
  const passed = passedBy(readCursor(cursor, list));
  const calls: RecordedHostCall[] = [];
  let index = 0;
  try {
    for await (const call of parts.hostCalls(run)) {
      index += 1;
      if (index <= passed || !isWanted(call, query)) continue;
      if (calls.length === limit) return page(calls, nextCursor(`c${index - 1}`, list));
      calls.push(call);
    }
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure && cause.error.code === 'AUDIT_BROKEN')) throw cause;
    const { code, message, remedy } = cause.error;
    return page(calls, { problem: { code, message, remedy } });
  }
  return page(calls, {});
}

function page(calls: readonly RecordedHostCall[], rest: JsonObject): ApiResponse {
  return { status: 200, body: { kind: 'json', value: { host_calls: calls, ...rest } } };
}

/** How many calls the pages before have gone by. */
function passedBy(cursor: string | undefined): number {
  return cursor === undefined ? 0 : Number(cursor.slice(1));
}

function isWanted(call: RecordedHostCall, query: ApiRequest['query']): boolean {
  const { capability, operation, decision, job, step } = query;
  if (capability !== undefined && call.call.capability !== capability) return false;
  if (operation !== undefined && call.call.operation !== operation) return false;
  if (decision !== undefined && decisionOf(call) !== decision) return false;
  if (job !== undefined && call.job !== job) return false;
  return step === undefined || call.step === step;
}

/** A call that was refused while it was carried out is one that was denied. */
function decisionOf({ decision, result }: RecordedHostCall): RecordedHostCall['decision'] {
  return result === 'denied' ? 'denied' : decision;
}
