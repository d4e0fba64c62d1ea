import type { RunStatus } from '../../engine/port.ts';
import { type Json, parseDuration } from '../../schemas/index.ts';
import { isShutdown } from '../http/exchanges.ts';
import { nextCursor, readCursor } from '../http/page-cursor.ts';
import type { HttpProblem } from '../http/problem.ts';
import { meaningless } from '../http/query.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { awaitChange } from '../runs/await-change.ts';
import { createDetails, type DetailsOf } from '../runs/details.ts';
import { filterOf } from '../runs/list-query.ts';
import { shownRun } from '../runs/shown.ts';
import { stateAt } from '../runs/state-at.ts';
import { submitRun } from '../runs/submit.ts';
import { eventSequence, runIdSchema } from './logs-schemas.ts';
import {
  jsonResponse,
  listQuery,
  problemResponse,
  reference,
  submissionHeaders,
  workflowText,
} from './runs-answers.ts';
import { runOperationRoutes } from './runs-operations.ts';
import { runStatuses } from './runs-schemas.ts';
import { pageOf } from './schedules-schemas.ts';

const tag = 'Runs';
const path = '/v1/workflows';

/** Runs: submitting workflows, listing and showing runs, and what can be asked of one in progress. */
export function runsRoutes(parts: ServerParts): readonly Route[] {
  const detailsOf = createDetails(parts);
  return [submitRoute(parts), listRoute(parts), getRoute(parts, detailsOf), ...runOperationRoutes(parts)];
}

function submitRoute(parts: ServerParts): Route {
  return {
    method: 'POST',
    path,
    operation: 'submitWorkflow',
    tag,
    summary: 'Submits a workflow: a run of it begins',
    description:
      'A run that was acknowledged is not lost, whatever becomes of the server. With an `Idempotency-Key` a request can be sent again, for ' +
      '24 hours: there is one run, and the answer is the same, its `status`, too: `getRun` says what the run is at by then.',
    permission: 'runs:submit',
    headers: {
      'idempotency-key': {
        type: 'string',
        pattern: '^[\\x21-\\x7e]{1,255}$',
        description: 'Made by the client, a new one for each run that it wants.',
      },
    },
    body: {
      required: true,
      content: {
        'application/json': { schema: reference('NewRun'), as: 'json' },
        'application/yaml': { schema: workflowText, as: 'text' },
      },
    },
    responses: {
      200: jsonResponse('With `dry_run`: what would run.', reference('DryRun')),
      201: { ...jsonResponse('The run.', reference('SubmittedRun')), headers: submissionHeaders },
      422: problemResponse(
        'The workflow, its inputs or its secrets are wrong: `errors` has every problem. Or the `Idempotency-Key` came with another request.',
      ),
    },
    handle: (request) => submitRun(parts, request),
  };
}

function listRoute(parts: ServerParts): Route {
  return {
    method: 'GET',
    path,
    operation: 'listRuns',
    tag,
    summary: 'The runs, newest first',
    permission: 'runs:read',
    query: listQuery,
    unsplit: ['label'],
    responses: { 200: jsonResponse('A page of them.', pageOf('workflows', reference('Run'))) },
    handle: (request) => list(parts, request),
  };
}

async function list({ records }: ServerParts, { principal, query }: ApiRequest): Promise<ApiResponse> {
  const { limit, cursor } = query;
  const filter = filterOf(principal, query);
  const after = readCursor(cursor, filter);
  const page = await records.runs.list(filter, {
    limit: Number(limit ?? 50),
    ...(after === undefined ? {} : { after }),
  });
  const value = { workflows: page.rows.map((row) => shownRun(row)), ...nextCursor(page.next, filter) };
  return { status: 200, body: { kind: 'json', value } };
}

function getRoute(parts: ServerParts, detailsOf: DetailsOf): Route {
  return {
    method: 'GET',
    path: `${path}/{id}`,
    operation: 'getRun',
    tag,
    summary: 'A run with its jobs and steps',
    description:
      'With `wait` the answer comes when the status of the run changes, when it begins or ceases to wait for something, when it has ended, or ' +
      'when the time is over, with the run as it is then. With `while`, too, it comes at once where the status is another one already. Such ' +
      'a request counts as a stream. With `at` it is the run as it was after that one of its events.',
    permission: 'runs:read',
    params: { id: runIdSchema },
    query: {
      wait: {
        type: 'string',
        maxLength: 20,
        description: 'How long to wait, 60s at most.',
        examples: ['30s'],
      },
      while: { enum: runStatuses, description: 'With `wait`: the status that the client has seen last.' },
      at: {
        ...eventSequence,
        minimum: 1,
        description: 'The run as it was after the event of this sequence. Not together with `wait`.',
      },
    },
    responses: { 200: jsonResponse('The run.', reference('RunDetails')) },
    handle: async ({ principal, params, query, signal }) => {
      const row = await visibleRun(parts, principal, params['id'] ?? '');
      const waitMs = waitOf(query['wait']);
      const { at } = query;
      if (typeof at === 'number') {
        if (query['wait'] !== undefined) throw waitsForThePast();
        return { status: 200, body: { kind: 'json', value: await stateAt(parts, row, at) } };
      }
      // The schema of the query says so.
      const known = query['while'] as RunStatus | undefined;
      const type = 'application/json';
      if (waitMs === 0) return { status: 200, body: { kind: 'text', text: await detailsOf(row), type } };
      const later = async function* (): AsyncGenerator<string, void, undefined> {
        await awaitChange(parts, row, { waitMs, signal, ...(known === undefined ? {} : { known }) });
        // The answer has begun: of a server that shuts down it is the run as it is by now.
        if (!isShutdown(signal.reason)) signal.throwIfAborted();
        yield await detailsOf((await parts.records.runs.get(row.run)) ?? row);
      };
      return { status: 200, body: { kind: 'stream', chunks: later(), type } };
    },
  };
}

function waitsForThePast(): HttpProblem {
  return meaningless('the query is not valid', [
    { code: 'INVALID_VALUE', message: '`at` and `wait` do not go together', remedy: 'Leave one of them out.' },
  ]);
}

/** Proxies give up on an answer after a minute or so. */
const mostWaitMs = 60_000;

function waitOf(text: Json | undefined): number {
  if (text === undefined) return 0;
  const waitMs = typeof text === 'string' ? parseDuration(text) : undefined;
  if (waitMs !== undefined && waitMs <= mostWaitMs) return waitMs;
  const remedy = 'Write a duration of up to a minute, such as `30s`.';
  throw meaningless('the query is not valid', [
    { code: 'INVALID_VALUE', message: '`wait` is no duration of up to 60s', remedy },
  ]);
}
