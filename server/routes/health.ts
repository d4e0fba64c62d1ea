import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { requireRoom } from '../../storage/index.ts';
import type { ApiRequest, ApiResponse, Route, Schema } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';

/** Longer than a healthy store takes, and shorter than watchers wait. */
const checkMs = 2000;
const sharedMs = 1000;

const alive: Schema = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: ['ok'] } },
  additionalProperties: false,
};

const readiness: Schema = {
  type: 'object',
  required: ['status', 'missing'],
  properties: {
    status: { enum: ['ready', 'not_ready'] },
    missing: {
      type: 'array',
      description: 'What keeps it from taking requests.',
      items: {
        type: 'object',
        required: ['part', 'reason'],
        properties: { part: { enum: ['server', 'records', 'engine', 'storage'] }, reason: { type: 'string' } },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
};

/** Counts the server as ready or not, for whoever watches what it counts. */
export function countReadiness(parts: ServerParts): void {
  const find = shareChecks(parts);
  parts.metrics.gauge('waterflow_ready', 'Whether the server can do its work: 1, else 0.', async () =>
    Number((await find()).length === 0),
  );
}

/** Whether the process runs, and whether it can do its work. For whatever watches it: both without a key. */
export function healthRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      operation: 'getHealth',
      tag: 'Server',
      summary: 'Whether the server runs',
      permission: 'public',
      responses: { 200: { description: 'It runs.', content: { 'application/json': { schema: alive } } } },
      handle: () => Promise.resolve({ status: 200, body: { kind: 'json', value: { status: 'ok' } } }),
    },
    {
      method: 'GET',
      path: '/readyz',
      operation: 'getReadiness',
      tag: 'Server',
      summary: 'Whether the server can take requests',
      permission: 'public',
      responses: {
        200: { description: 'It can.', content: { 'application/json': { schema: readiness } } },
        503: { description: 'It can not, or not any more.', content: { 'application/json': { schema: readiness } } },
      },
      handle: createReadiness(shareChecks(parts)),
    },
  ];
}

type Part = 'server' | 'records' | 'engine' | 'storage';
interface Missing {
  readonly part: Part;
  readonly reason: string;
}

/** The checks are shared by all who ask within a second: anybody may ask, and as often as they like. */
function shareChecks(parts: ServerParts): () => Promise<readonly Missing[]> {
  let last: { readonly at: number; readonly missing: Promise<readonly Missing[]> } | undefined;
  return () => {
    const now = parts.clock.now();
    if (last === undefined || Math.abs(now - last.at) > sharedMs) last = { at: now, missing: findMissing(parts) };
    return last.missing;
  };
}

function createReadiness(find: () => Promise<readonly Missing[]>): (request: ApiRequest) => Promise<ApiResponse> {
  return async ({ signal }) => {
    // A request that comes while the server shuts down is told so by its signal.
    if (signal.aborted) return readinessAnswer([{ part: 'server', reason: reasons.server }]);
    return readinessAnswer(await find());
  };
}

function readinessAnswer(missing: readonly Missing[]): ApiResponse {
  const isReady = missing.length === 0;
  const value = { status: isReady ? 'ready' : 'not_ready', missing };
  const body = { kind: 'json', value } as const;
  return isReady ? { status: 200, body } : { status: 503, headers: { 'Retry-After': '5' }, body };
}

const reasons: Readonly<Record<Part, string>> = {
  server: 'the server is shutting down',
  records: 'the records can not be reached',
  engine: 'the engine can not be reached',
  storage: 'the state folder takes nothing that is written',
};

async function findMissing(parts: ServerParts): Promise<readonly Missing[]> {
  const checks: readonly (readonly [Part, () => Promise<void>])[] = [
    ['records', () => parts.records.check()],
    ['engine', () => checkEngine(parts)],
    ['storage', () => requireRoom(parts.config.state)],
  ];
  const found = await Promise.all(checks.map(async ([part, check]) => [part, await failureOf(check, parts)] as const));
  return found.flatMap(([part, failure]) => {
    if (failure === undefined) return [];
    parts.log.warn('the server is not ready', { part, reason: failure });
    // What exactly is wrong is for the log: anybody may ask here.
    return [{ part, reason: reasons[part] }];
  });
}

/** An engine that says of a run that there is none has looked. */
async function checkEngine({ engine, checkEngine: check }: ServerParts): Promise<void> {
  await check?.();
  try {
    // It has the form of a run's id, and was made in 1970.
    await engine.info(`run-${'0'.repeat(26)}` as RunId);
  } catch (thrown) {
    if (thrown instanceof WaterflowFailure && thrown.error.code === 'RUN_NOT_FOUND') return;
    throw thrown;
  }
}

async function failureOf(check: () => Promise<void>, { clock }: ServerParts): Promise<string | undefined> {
  let cancel = (): void => {};
  const late = new Promise<string>((resolve) => {
    cancel = clock.after(checkMs, () => resolve(`no answer within ${checkMs} ms`));
  });
  try {
    return await Promise.race([check().then(() => undefined), late]);
  } catch (thrown) {
    return String(thrown);
  } finally {
    cancel();
  }
}
