import { type JobKey, type JsonObject, type RunId, type StepKey, WaterflowFailure } from '../../schemas/index.ts';
import type { LogSegment } from '../../storage/index.ts';
import type { Shipped } from '../../storage/logs/index.ts';
import type { Principal } from '../auth/principal.ts';
import { FairShares } from '../fair-shares.ts';
import { readJson } from '../http/json-text.ts';
import { HttpProblem, problemBody } from '../http/problem.ts';
import type { ApiRequest, ApiResponse } from '../http/route.ts';
import { createSchemaChecks, type SchemaCheck } from '../http/schema-check.ts';
import type { ServerParts } from '../parts.ts';
import { shippedSegment } from '../routes/agent-schemas.ts';
import { createTurns } from '../turns.ts';
import { visibleRun } from './visible-run.ts';

/** More lines than a batch has room for, unless they say nothing. */
const mostSegments = 10_000;
/** Between two looks at the clock. */
const linesATime = 100;

/** Batches that are being kept: where the store is slow, agents wait, and not the server with all that they have. */
const mostAtOnce = 32;
/** One tenant's agents have nine tenths of that at most. */
const tenantGreed = 9;

/** Takes batches of logs from agents. */
export function createLogShipping(parts: ServerParts): (request: ApiRequest) => Promise<ApiResponse> {
  const check = createSchemaChecks({}).check(shippedSegment, 'the line');
  const places = new FairShares(mostAtOnce, { greed: tenantGreed });
  return async ({ id, principal, body }) => {
    if (typeof body !== 'string') throw new TypeError('a batch of logs is text');
    using place = places.take(principal.tenant);
    if (place === undefined) throw tooMany();
    const batch = await readBatch(body, check);
    // None is kept before all are known to be of runs that the agent may write to.
    const runs = await visibleRuns(parts, principal, batch.keys());
    const told: { readonly run: RunId; readonly shipped: Shipped }[] = [];
    for (const run of runs) {
      for (const shipped of await parts.shippedLogs.append(run, batch.get(run) ?? [])) told.push({ run, shipped });
    }
    const wanted = told.map(({ run, shipped: { job, step, job_attempt, attempt, next } }) => {
      return { run, job, step, job_attempt, attempt, sequence: next };
    });
    if (!told.some(({ shipped }) => shipped.gap)) return { status: 200, body: { kind: 'json', value: { wanted } } };
    return gapAnswer(id, wanted);
  };
}

function tooMany(): HttpProblem {
  const error = {
    code: 'SERVER_UNAVAILABLE',
    message: 'more batches of logs are being kept than the store keeps up with',
    remedy: 'Send this one again in a moment.',
  } as const;
  return new HttpProblem(503, error, { headers: { 'Retry-After': '1' } });
}

function gapAnswer(request: string, wanted: readonly JsonObject[]): ApiResponse {
  const problem = new HttpProblem(409, {
    code: 'CONFLICT',
    message: 'the logs go on behind parts that are not there',
    remedy: 'Send them from the sequences on that are `wanted`.',
  });
  const value = { ...problemBody(problem, request), wanted };
  return { status: problem.status, body: { kind: 'json', value, type: 'application/problem+json' } };
}

async function visibleRuns(parts: ServerParts, principal: Principal, ids: Iterable<string>): Promise<readonly RunId[]> {
  const runs: RunId[] = [];
  for (const id of ids) runs.push((await visibleRun(parts, principal, id)).run);
  return runs;
}

/** The segments of each run, in their order. Others get their turn in between. Throws INVALID_INPUT with the number of the line. */
async function readBatch(text: string, check: SchemaCheck): Promise<ReadonlyMap<string, readonly LogSegment[]>> {
  const turn = createTurns();
  const lines = text.split('\n', mostSegments + 2);
  // The last line's end is no line of its own.
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > mostSegments) throw invalidLine(mostSegments + 1, `a batch has ${mostSegments} lines at most`);
  const batch = new Map<string, LogSegment[]>();
  for (const [index, line] of lines.entries()) {
    if (index % linesATime === 0) await turn();
    const { run, segment } = readSegment(line, index + 1, check);
    const segments = batch.get(run) ?? [];
    segments.push(segment);
    batch.set(run, segments);
  }
  return batch;
}

function readSegment(
  line: string,
  number: number,
  check: SchemaCheck,
): { readonly run: string; readonly segment: LogSegment } {
  const value = parsedLine(line, number);
  const [error] = check(value);
  if (error !== undefined) throw invalidLine(number, error.message);
  // The schema's own properties, and no others.
  const { run, job, step, at, ...rest } = value as Omit<LogSegment, 'job' | 'step' | 'at'> & Record<string, string>;
  return {
    run: String(run),
    segment: { ...rest, job: job as JobKey, step: step as StepKey, at: Date.parse(String(at)) },
  };
}

function parsedLine(line: string, number: number): unknown {
  try {
    return readJson(line);
  } catch (cause) {
    throw invalidLine(number, cause instanceof Error ? cause.message : String(cause));
  }
}

function invalidLine(number: number, why: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `line ${number} of the batch: ${why}`,
    remedy: 'Send one JSON object of ShippedSegment a line; nothing of this batch was kept.',
  });
}
