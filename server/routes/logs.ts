import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { chunksOf } from '../logs/chunks.ts';
import { logWriting } from '../logs/formats.ts';
import { type LogPosition, logPositionPattern, parseLogPosition } from '../logs/log-position.ts';
import { formatTypes, negotiatedFormat, type StreamFormat } from '../logs/negotiate.ts';
import { type LogRequest, type LogSources, readLog } from '../logs/read-log.ts';
import { parseSearch, parseSince } from '../logs/selection.ts';
import { logSources } from '../logs/sources.ts';
import { streamAnswer } from '../logs/streams.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { lastEventId, logQuery, runIdSchema } from './logs-schemas.ts';

/** A run's logs. */
export function logsRoutes(parts: ServerParts): readonly Route[] {
  const sources = logSources(parts);
  return [logsRoute((request) => sendLogs(parts, request, sources))];
}

function logsRoute(handle: Route['handle']): Route {
  return {
    method: 'GET',
    path: '/v1/workflows/{id}/logs',
    operation: 'getRunLogs',
    tag: 'Logs and events',
    summary: "A run's logs, as lines",
    description:
      'One JSON object a line, plain text, or server-sent events, by `Accept` or `format`. Lines are in the order in which they were ' +
      'ended. An event stream goes on as the run does and ends with `event: end`, whose data has the `status` of the run; if it breaks ' +
      'off, `Last-Event-ID` goes on behind the last line without a gap and without saying one twice.',
    permission: 'runs:read',
    params: { id: runIdSchema },
    query: logQuery,
    headers: { 'last-event-id': lastEventId(logPositionPattern) },
    responses: {
      200: {
        description: 'The lines.',
        content: {
          'application/x-ndjson': { schema: { type: 'string', description: 'A LogLine on each line.' } },
          'text/plain': { schema: { type: 'string', description: '`[job/step] text` on each line.' } },
          // No text, as programs see it that know such streams: they check each event.
          'text/event-stream': { schema: { description: 'The data of each event is a LogLine.' } },
        },
      },
    },
    handle,
  };
}

async function sendLogs(parts: ServerParts, request: ApiRequest, sources: LogSources): Promise<ApiResponse> {
  const { run } = await visibleRun(parts, request.principal, request.params['id'] ?? '');
  const format = formatOf(request);
  const wanted = wantedOf(request, { run, format, now: parts.clock.now() });
  // A run whose record can't be read is answered by a status.
  await sources.state(run);
  const lines = readLog(sources, wanted, request.signal);
  const chunks = chunksOf(lines, logWriting(run, format), {
    signal: request.signal,
    failed: (thrown) =>
      parts.log.error('a log can no longer be read', { request_id: request.id, run, error: String(thrown) }),
  });
  const type = format === 'ndjson' ? formatTypes.ndjson : `${formatTypes[format]}; charset=utf-8`;
  return streamAnswer(chunks, { type, whole: !wanted.follow });
}

function formatOf({ query, headers }: ApiRequest): StreamFormat {
  const { format } = query;
  if (format === 'ndjson' || format === 'text' || format === 'sse') return format;
  return negotiatedFormat(headers.accept, ['ndjson', 'text', 'sse']);
}

function wantedOf(
  { query, headers }: ApiRequest,
  { run, format, now }: { readonly run: string; readonly format: StreamFormat; readonly now: number },
): LogRequest {
  const { job, step, attempt, job_attempt, since, search, tail, limit, follow, after } = query;
  const seen = seenOf(headers['last-event-id'], after);
  return {
    run,
    follow: typeof follow === 'boolean' ? follow : format === 'sse',
    filter: {
      ...(typeof job === 'string' ? { job } : {}),
      ...(typeof step === 'string' ? { step } : {}),
      ...(typeof attempt === 'number' ? { attempt } : {}),
      ...(typeof job_attempt === 'number' ? { job_attempt } : {}),
      ...(typeof since === 'string' ? { since: parseSince(since, now) } : {}),
      ...(typeof search === 'string' ? { search: parseSearch(search) } : {}),
    },
    ...(typeof tail === 'number' ? { tail } : {}),
    ...(typeof limit === 'number' ? { limit } : {}),
    ...(seen === undefined ? {} : { seen }),
  };
}

/** A client that connects again sends the header, with the query that it began with. */
function seenOf(header: unknown, after: unknown): LogPosition | undefined {
  const text = typeof header === 'string' && header !== '' ? header : after;
  if (typeof text !== 'string' || text === '') return undefined;
  return parseLogPosition(text);
}
