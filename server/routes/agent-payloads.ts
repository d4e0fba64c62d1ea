import { Readable } from 'node:stream';
import { type Digest, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { FairShares } from '../fair-shares.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { runIdSchema } from './logs-schemas.ts';
import { problemResponse } from './runs-answers.ts';

const tag = 'Agents';
const path = '/v1/agent/runs/{id}/payloads/{digest}';
const binary = 'application/octet-stream';
/** As the engine bounds them. */
const payloadBytes = 64 * 1024 * 1024;
const params = { id: runIdSchema, digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' } } as const;

/** Payloads that are in memory at a time, as they come or go: agents wait, so that the server has room for them. */
const mostAtOnce = 16;
/** One tenant's agents have nine tenths of that at most. */
const tenantGreed = 9;

/** What is too large for Temporal, on its way between a run's jobs. Where there are keys, it is encrypted before it comes here. */
export function agentPayloadRoutes(parts: ServerParts): readonly Route[] {
  const places = new FairShares(mostAtOnce, { greed: tenantGreed });
  return [
    {
      method: 'GET',
      path,
      operation: 'getPayload',
      tag,
      summary: 'Gives a payload of a run that is too large for Temporal',
      description: 'By its digest, which whoever asks compares with what comes.',
      permission: 'agent:ship',
      params,
      responses: {
        200: {
          description: 'The payload.',
          content: { [binary]: { schema: { type: 'string', format: 'binary' } } },
        },
        404: problemResponse('There is no such run, or it has no payload of that digest.'),
      },
      handle: (request) => getPayload(parts, places, request),
    },
    {
      method: 'PUT',
      path,
      operation: 'putPayload',
      tag,
      summary: 'Keeps a payload of a run that is too large for Temporal',
      description:
        'It is kept as long as its run. What is there already stays; content of another digest is 422, and is not kept.',
      permission: 'agent:ship',
      params,
      body: {
        required: true,
        bytes: payloadBytes,
        content: { [binary]: { schema: { type: 'string', format: 'binary' }, as: 'stream' } },
      },
      responses: { 204: { description: 'It is there.' }, 404: problemResponse('There is no such run.') },
      handle: (request) => putPayload(parts, places, request),
    },
  ];
}

async function getPayload(parts: ServerParts, places: FairShares, request: ApiRequest): Promise<ApiResponse> {
  const { run, digest } = await wantedPayload(parts, request);
  using _place = placeFor(request, places);
  const bytes = await parts.payloads.get(run, digest);
  if (bytes === undefined) throw notThere(run, digest);
  return { status: 200, body: { kind: 'stream', chunks: inChunks(bytes), type: binary } };
}

async function putPayload(parts: ServerParts, places: FairShares, request: ApiRequest): Promise<ApiResponse> {
  const { run, digest } = await wantedPayload(parts, request);
  if (!(request.body instanceof Readable)) throw new TypeError('the body of a payload is a stream');
  using _place = placeFor(request, places);
  const chunks: Uint8Array[] = [];
  // Bodies give bytes.
  for await (const chunk of request.body) chunks.push(chunk as Uint8Array);
  await parts.payloads.put(run, digest, Buffer.concat(chunks));
  return { status: 204 };
}

/** RUN_NOT_FOUND where the agent may not see the run. */
async function wantedPayload(
  parts: ServerParts,
  { principal, params: given }: ApiRequest,
): Promise<{ readonly run: RunId; readonly digest: Digest }> {
  const { run } = await visibleRun(parts, principal, given['id'] ?? '');
  // The route's pattern is what a Digest is.
  return { run, digest: given['digest'] as Digest };
}

function placeFor({ principal }: ApiRequest, places: FairShares): Disposable {
  const place = places.take(principal.tenant);
  if (place !== undefined) return place;
  const error = {
    code: 'SERVER_UNAVAILABLE',
    message: 'more large payloads come and go than the server has room for',
    remedy: 'Ask again in a moment.',
  } as const;
  throw new HttpProblem(503, error, { headers: { 'Retry-After': '1' } });
}

const chunkBytes = 256 * 1024;

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}

function notThere(run: RunId, digest: Digest): WaterflowFailure {
  return new WaterflowFailure({
    code: 'NOT_FOUND',
    message: `${run} has no payload ${digest}`,
    remedy: 'Look whether the run was removed, or the database was restored from a backup that is older than the run.',
  });
}
