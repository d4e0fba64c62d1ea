import { WaterflowFailure } from '../../schemas/index.ts';
import type { ChainEntry } from '../../storage/calls/index.ts';
import { FairShares } from '../fair-shares.ts';
import { HttpProblem, problemBody } from '../http/problem.ts';
import type { ApiRequest, ApiResponse, Route, Schema } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { createTurns } from '../turns.ts';
import { runIdSchema } from './logs-schemas.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';

/** As batches of logs. */
const batchBytes = 1024 * 1024;
const mostEntries = 10_000;
/** Between two looks at the clock. */
const linesATime = 100;

/** Batches that are being kept: where the store is slow, agents wait, and not the server with all that they have. */
const mostAtOnce = 32;
/** One tenant's agents have nine tenths of that at most. */
const tenantGreed = 9;

const next: Schema = { type: 'integer', minimum: 1, description: 'The sequence that comes next.' };

/** By their names in the OpenAPI document. */
export const agentCallSchemas: Readonly<Record<string, Schema>> = {
  ShippedCalls: {
    type: 'object',
    description: "How far an agent's record is there.",
    required: ['next'],
    properties: { next },
  },
  ShippedCallsGap: {
    description: 'Entries follow on others which are not there. What came before the gap was kept.',
    allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', required: ['next'], properties: { next } }],
  },
};

/** What agents record of host calls. */
export function agentCallRoute(parts: ServerParts): Route {
  const places = new FairShares(mostAtOnce, { greed: tenantGreed });
  return {
    method: 'POST',
    path: '/v1/agent/runs/{id}/calls',
    operation: 'shipCalls',
    tag: 'Agents',
    summary: "Ships an agent's record of a run's host calls",
    description:
      "Lines of the agent's audit log as they are, in order, from any on. What comes again changes nothing, and where entries are missing " +
      'the answer is 409 with the sequence that is wanted. What an answer tells of is durable. On 429 and 503 an agent waits as ' +
      '`Retry-After` says, and sends the same again.',
    permission: 'agent:ship',
    params: { id: runIdSchema },
    query: {
      agent: { type: 'string', minLength: 1, maxLength: 200, description: "The agent's name." },
      chain: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'The hash of the first entry of its log.' },
    },
    body: {
      required: true,
      bytes: batchBytes,
      content: {
        'application/x-ndjson': {
          schema: { type: 'string', description: 'An entry of the audit log on each line.' },
          as: 'text',
        },
      },
    },
    responses: {
      200: jsonResponse('How far the record is there.', reference('ShippedCalls')),
      404: problemResponse('There is no such run.'),
      409: {
        description: 'Entries are missing.',
        content: { 'application/problem+json': { schema: reference('ShippedCallsGap') } },
      },
    },
    handle: (request) => takeCalls(parts, places, request),
  };
}

async function takeCalls(
  parts: ServerParts,
  places: FairShares,
  { id, principal, params, query, body }: ApiRequest,
): Promise<ApiResponse> {
  if (typeof body !== 'string') throw new TypeError('a batch of host calls is text');
  const { agent, chain } = query;
  if (typeof agent !== 'string' || typeof chain !== 'string') throw unnamed();
  using place = places.take(principal.tenant);
  if (place === undefined) throw tooMany();
  const { run } = await visibleRun(parts, principal, params['id'] ?? '');
  const { next: sequence, gap } = await parts.shippedCalls.append(run, { agent, chain }, await readBatch(body));
  if (!gap) return { status: 200, body: { kind: 'json', value: { next: sequence } } };
  const problem = new HttpProblem(409, {
    code: 'CONFLICT',
    message: 'the record goes on behind entries that are not there',
    remedy: 'Send it from the sequence on that is `next`.',
  });
  const value = { ...problemBody(problem, id), next: sequence };
  return { status: problem.status, body: { kind: 'json', value, type: 'application/problem+json' } };
}

/**
 * How an entry begins. What else is in it, a guest may have a hand in, and whether the chain holds is found out by who reads it: one
 * entry that looks odd must not keep those behind it from coming.
 */
const beginning = /^\{"sequence":([1-9]\d{0,15}),"previous":"[0-9a-f]{64}","kind":"\w/u;

/** The entries in their order. Others get their turn in between. Throws INVALID_INPUT with the number of the line. */
async function readBatch(text: string): Promise<readonly ChainEntry[]> {
  const turn = createTurns();
  const lines = text.split('\n', mostEntries + 2);
  // The last line's end is no line of its own.
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > mostEntries) throw invalidLine(mostEntries + 1, `a batch has ${mostEntries} lines at most`);
  const entries: ChainEntry[] = [];
  for (const [index, line] of lines.entries()) {
    if (index % linesATime === 0) await turn();
    const sequence = Number(beginning.exec(line)?.[1]);
    if (!Number.isSafeInteger(sequence)) throw invalidLine(index + 1, 'it is no entry of an audit log');
    entries.push({ sequence, line });
  }
  return entries;
}

function invalidLine(number: number, why: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `line ${number} of the batch: ${why}`,
    remedy: 'Send lines of the audit log as they are; nothing of this batch was kept.',
  });
}

function unnamed(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: 'the request does not say whose record it is of',
    remedy: "Give `agent`, the agent's name, and `chain`, the hash of the first entry of its log.",
  });
}

function tooMany(): HttpProblem {
  const error = {
    code: 'SERVER_UNAVAILABLE',
    message: 'more batches of host calls are being kept than the store keeps up with',
    remedy: 'Send this one again in a moment.',
  } as const;
  return new HttpProblem(503, error, { headers: { 'Retry-After': '1' } });
}
