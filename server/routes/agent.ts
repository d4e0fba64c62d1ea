import { Readable } from 'node:stream';
import type { Digest } from '../../schemas/index.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { createLogShipping } from '../logs/shipping.ts';
import type { ServerParts } from '../parts.ts';
import { agentCallRoute } from './agent-calls.ts';
import { agentPayloadRoutes } from './agent-payloads.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';

const tag = 'Agents';
/** A batch of logs: agents send several small ones rather than a large one, so that little is sent again. */
const batchBytes = 1024 * 1024;
const blobBytes = 2 * 1024 * 1024 * 1024;

/** What agents on other machines send, and what they fetch. */
export function agentRoutes(parts: ServerParts): readonly Route[] {
  return [logsRoute(createLogShipping(parts)), agentCallRoute(parts), blobsRoute(parts), ...agentPayloadRoutes(parts)];
}

function logsRoute(handle: Route['handle']): Route {
  return {
    method: 'POST',
    path: '/v1/agent/logs',
    operation: 'shipLogs',
    tag,
    summary: "Ships parts of steps' logs",
    description:
      "A JSON object a line. Within a step's attempt parts go on where its log stands: what comes again changes nothing, and where parts " +
      'are missing the answer is 409 with the sequence that is wanted. What an answer tells of is durable, so an agent may forget it. ' +
      'On 429 and 503 an agent waits as `Retry-After` says, and sends the same again.',
    permission: 'agent:ship',
    body: {
      required: true,
      bytes: batchBytes,
      content: {
        'application/x-ndjson': {
          schema: { type: 'string', description: 'A ShippedSegment on each line.' },
          as: 'text',
        },
      },
    },
    responses: {
      200: jsonResponse('How far the logs are there.', reference('ShippedLogs')),
      404: problemResponse('A run that the batch names is not there. Nothing of it was kept.'),
      409: {
        description: 'Parts are missing.',
        content: { 'application/problem+json': { schema: reference('ShippedLogsGap') } },
      },
    },
    handle,
  };
}

function blobsRoute(parts: ServerParts): Route {
  return {
    method: 'POST',
    path: '/v1/agent/blobs',
    operation: 'shipBlob',
    tag,
    summary: 'Ships a blob',
    description:
      'It is kept by its digest; content of another digest than the one that was named is 422, and is not kept.',
    permission: 'agent:ship',
    query: {
      digest: {
        type: 'string',
        pattern: '^sha256:[0-9a-f]{64}$',
        description: 'Of the content. Without it the answer says what it is.',
      },
    },
    body: {
      required: true,
      bytes: blobBytes,
      content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' }, as: 'stream' } },
    },
    responses: { 201: jsonResponse('It is there.', reference('ShippedBlob')) },
    handle: (request) => takeBlob(parts, request),
  };
}

async function takeBlob({ blobs }: ServerParts, { query, body }: ApiRequest): Promise<ApiResponse> {
  if (!(body instanceof Readable)) throw new TypeError('the body of a blob is a stream');
  const { digest } = query;
  // The route's pattern is what a Digest is.
  const expected = typeof digest === 'string' ? { expected: digest as Digest } : {};
  const { digest: kept, size } = await blobs.put(body, expected);
  return { status: 201, body: { kind: 'json', value: { digest: kept, size } } };
}
