import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSecrets } from '../agent/redaction/index.ts';
import { secureRandom } from '../cli/composition/agent.ts';
import { openEngine } from '../cli/composition/engine.ts';
import { openServerCatalogue } from '../cli/composition/server-catalogue.ts';
import { testTerminal } from '../cli/testing/terminal.ts';
import type { Json } from '../schemas/index.ts';
import type { Principal } from '../server/auth/principal.ts';
import type { Route } from '../server/http/route.ts';
import type { ServerParts } from '../server/parts.ts';
import { runsRoutes } from '../server/routes/runs.ts';
import { validateRoutes } from '../server/routes/validate.ts';
import { createSubmissions } from '../server/runs/create-submissions.ts';
import { startServer, testAdmin } from '../server/testing/start-server.ts';
import { openShippedLogs } from '../storage/logs/index.ts';
import { openRecords } from '../storage/records/index.ts';
import { recordsPlaceIn, shippedLogsPlaceIn } from '../storage/records/testing/places.ts';

/** What an answer is. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Its JSON; undefined where there is none. */
  readonly body: Record<string, Json> | undefined;
}

/** A text of an answer. */
export function textIn(body: Answer['body'], name: string): string {
  const value = body?.[name];
  if (typeof value !== 'string') throw new Error(`no text ${name} in ${JSON.stringify(body)}`);
  return value;
}

/** What is sent. `by`: who asks, by name, see {@link ServerWithEngine}. */
export interface Sending {
  readonly json?: unknown;
  readonly yaml?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly by?: string;
}

/** A real server over a real embedded engine, with sandboxes, in a folder of its own. */
export interface ServerWithEngine extends AsyncDisposable {
  readonly url: string;
  readonly parts: ServerParts;
  readonly send: (method: 'GET' | 'POST', path: string, sending?: Sending) => Promise<Answer>;
  /** Submits a workflow, which must be right; the id of its run. */
  readonly submit: (workflow: string, more?: Readonly<Record<string, unknown>>) => Promise<string>;
  /** Waits until a run is at one of these statuses, and gives it. */
  readonly reach: (run: string, ...statuses: readonly string[]) => Promise<Record<string, Json>>;
}

export interface ServerWithEngineOptions {
  /** Of a server before; absent: a new one, which is removed in the end. */
  readonly state?: string;
  readonly activeRuns?: number;
  readonly keepRunsMs?: number;
  /** Beside those of runs and of validation. */
  readonly routes?: (parts: ServerParts) => readonly Route[];
  /** Who asks, by the header `x-test-by`; absent: {@link testAdmin}. */
  readonly principals?: Readonly<Record<string, Principal>>;
}

const lookMs = 20;
const patienceMs = 30_000;
const terminalStatuses = ['success', 'failure', 'cancelled'];

export async function startServerWithEngine(options: ServerWithEngineOptions = {}): Promise<ServerWithEngine> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), 'waterflow-served-')));
  await using opening = new AsyncDisposableStack();
  if (options.state === undefined) opening.defer(() => rm(state, { recursive: true, force: true }));
  const terminal = testTerminal({ cwd: state, now: Date.now });
  const records = opening.use(await openRecords(await recordsPlaceIn(state)));
  const shippedLogs = opening.use(await openShippedLogs(await shippedLogsPlaceIn(state)));
  const opened = opening.use(openEngine(terminal, { state: join(state, 'runs'), approve: [] }));
  const catalogue = openServerCatalogue(terminal, { records });
  const routes = (parts: ServerParts) => [
    ...runsRoutes(parts),
    ...validateRoutes(parts),
    ...(options.routes?.(parts) ?? []),
  ];
  const day = 86_400_000;
  const config = { activeRuns: options.activeRuns ?? 8, keepRunsMs: options.keepRunsMs ?? day, keepCallsMs: day };
  // Its parts know the log and the clock, which submissions are made with.
  const made: { parts?: ServerParts } = {};
  const server = await startServer({
    config,
    parts: { records, engine: opened.engine, catalogue, shippedLogs },
    routes: (parts) => {
      const submissions = createSubmissions({
        ...parts,
        nodes: catalogue.nodes,
        nodesFrom: catalogue.nodesFrom,
        randomBytes: secureRandom.bytes,
        settingsOf: () => opened.settings([]),
        secretsProblem: checkSecrets,
      });
      opening.use(submissions);
      made.parts = { ...parts, submissions };
      return routes(made.parts);
    },
    authenticate: async (headers) => options.principals?.[nameIn(headers)] ?? testAdmin,
  });
  opening.use(server);
  const parts = made.parts ?? server.parts;
  await parts.submissions.begin();
  const running = opening.move();
  const send: ServerWithEngine['send'] = (method, path, sending) => sendTo(server.url, { method, path, sending });
  return {
    url: server.url,
    parts,
    send,
    submit: async (workflow, more = {}) => {
      const { status, body } = await send('POST', '/v1/workflows', { json: { workflow, ...more } });
      if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
      return textIn(body, 'id');
    },
    reach: (run, ...statuses) => reach(send, run, statuses),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function nameIn(headers: object): string {
  const name: unknown = [Reflect.get(headers, 'x-test-by')].flat()[0];
  return typeof name === 'string' ? name : '';
}

async function sendTo(
  url: string,
  request: { readonly method: string; readonly path: string; readonly sending: Sending | undefined },
): Promise<Answer> {
  const { method, path, sending: { json, yaml, headers, by } = {} } = request;
  const content = yaml ?? (json === undefined ? undefined : JSON.stringify(json));
  const type = yaml === undefined ? 'application/json' : 'application/yaml';
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(content === undefined ? {} : { 'content-type': type }),
      ...(by === undefined ? {} : { 'x-test-by': by }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const text = await response.text();
  // The server answers in JSON objects.
  const body = text === '' ? undefined : (JSON.parse(text) as Record<string, Json>);
  return { status: response.status, headers: response.headers, body };
}

async function reach(
  send: ServerWithEngine['send'],
  run: string,
  statuses: readonly string[],
): Promise<Record<string, Json>> {
  const wanted = statuses.length === 0 ? terminalStatuses : statuses;
  const until = Date.now() + patienceMs;
  for (;;) {
    const { body } = await send('GET', `/v1/workflows/${run}`);
    if (body !== undefined && wanted.includes(textIn(body, 'status'))) return body;
    if (Date.now() > until) throw new Error(`${run} is not ${wanted.join(' or ')}: ${JSON.stringify(body)}`);
    await new Promise((resolve) => void setTimeout(resolve, lookMs));
  }
}
