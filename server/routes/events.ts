import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { chunksOf } from '../logs/chunks.ts';
import { formatTypes, negotiatedFormat } from '../logs/negotiate.ts';
import { eventWriting, readEvents } from '../logs/read-events.ts';
import { type EventSources, eventSources } from '../logs/sources.ts';
import { streamAnswer } from '../logs/streams.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { stateAt } from '../runs/state-at.ts';
import { eventSequence, lastEventId, runIdSchema } from './logs-schemas.ts';
import { reference } from './runs-answers.ts';

/** A run's events, and the run as it was after one of them. */
export function eventsRoutes(parts: ServerParts): readonly Route[] {
  const sources = eventSources(parts);
  return [eventsRoute((request) => answerEvents(parts, request, sources))];
}

function eventsRoute(handle: Route['handle']): Route {
  return {
    method: 'GET',
    path: '/v1/workflows/{id}/events',
    operation: 'getRunEvents',
    tag: 'Logs and events',
    summary: "A run's events, or its state at one of them",
    description:
      'One JSON object a line, or server-sent events, by `Accept` or `format`. An event stream goes on as the run does and ends with ' +
      '`event: end`; the `id` of each event is its sequence. With `at` the answer is the run as it was after that event, as JSON.',
    permission: 'runs:read',
    params: { id: runIdSchema },
    query: {
      after: { ...eventSequence, description: 'Only events behind this sequence.' },
      at: { ...eventSequence, minimum: 1, description: 'The run as it was after the event of this sequence.' },
      follow: {
        type: 'boolean',
        description: 'Goes on until the run has ended. Default: true for `text/event-stream`, else false.',
      },
      format: { enum: ['ndjson', 'sse'], description: 'Comes before the `Accept` header.' },
    },
    headers: { 'last-event-id': lastEventId('^\\d{1,15}$') },
    responses: {
      200: {
        description: 'The events, or the run.',
        content: {
          'application/x-ndjson': { schema: { type: 'string', description: 'A RunEvent on each line.' } },
          // No text, as programs see it that know such streams: they check each event.
          'text/event-stream': { schema: { description: 'The data of each event is a RunEvent.' } },
          'application/json': { schema: reference('RunDetails') },
        },
      },
    },
    handle,
  };
}

async function answerEvents(parts: ServerParts, request: ApiRequest, sources: EventSources): Promise<ApiResponse> {
  const row = await visibleRun(parts, request.principal, request.params['id'] ?? '');
  const { run } = row;
  const { at, follow } = request.query;
  if (typeof at === 'number') {
    return { status: 200, body: { kind: 'json', value: await stateAt(parts, row, at) } };
  }
  const format = formatOf(request);
  const wanted = { run, after: afterOf(request), follow: typeof follow === 'boolean' ? follow : format === 'sse' };
  // A run whose record can't be read is answered by a status.
  await sources.state(run);
  const events = readEvents({ ...sources, clock: parts.clock }, wanted, request.signal);
  const chunks = chunksOf(events, eventWriting(run, format), {
    signal: request.signal,
    failed: (thrown) =>
      parts.log.error('events can no longer be read', { request_id: request.id, run, error: String(thrown) }),
  });
  return streamAnswer(chunks, { type: formatTypes[format], whole: !wanted.follow });
}

function formatOf({ query, headers }: ApiRequest): 'ndjson' | 'sse' {
  const { format } = query;
  return format === 'ndjson' || format === 'sse' ? format : negotiatedFormat(headers.accept, ['ndjson', 'sse']);
}

/** A client that connects again sends the header, with the query that it began with. */
function afterOf({ headers, query }: ApiRequest): number {
  const header = headers['last-event-id'];
  if (typeof header === 'string' && header !== '') return Number(header);
  return typeof query['after'] === 'number' ? query['after'] : 0;
}
