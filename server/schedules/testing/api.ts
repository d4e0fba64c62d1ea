import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { recordsPlaceIn } from '../../../storage/records/testing/places.ts';
import type { Route } from '../../http/route.ts';
import type { ServerParts } from '../../parts.ts';
import { startServer, type TestServer, testAdmin } from '../../testing/start-server.ts';
import type { HandClock } from './hand-clock.ts';
import { openScheduling, type Scheduling } from './scheduling.ts';

/** A request of a test. Its tenant is that of whoever asks: `x-test-tenant`. */
export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

/** A member of an answer that is a text. */
export function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error(`no text: ${JSON.stringify(value)}`);
  return value;
}

/** A server over real records, with an API and a scheduler. */
export interface ApiServer extends AsyncDisposable {
  readonly scheduling: Scheduling;
  readonly server: TestServer;
  readonly ask: (method: string, path: string, asked?: Asked) => Promise<Answer>;
}

/** Starts a server with some routes, on a clock that the test moves. */
export async function startApi(routes: (parts: ServerParts) => readonly Route[], clock: HandClock): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'waterflow-api-'));
  const scheduling = await openScheduling(await recordsPlaceIn(folder), clock);
  const { records, submissions } = scheduling.parts;
  const server = await startServer({
    routes,
    parts: { records, submissions, clock },
    config: { publicUrl: 'https://waterflow.example.com' },
    authenticate: (headers) => {
      const [tenant] = [headers['x-test-tenant']].flat();
      return Promise.resolve(typeof tenant === 'string' ? { ...testAdmin, tenant } : testAdmin);
    },
  });
  return {
    scheduling,
    server,
    ask: async (method, path, { body, headers = {} } = {}) => {
      const answer = await fetch(`${server.url}${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      // The API answers with JSON objects.
      return {
        status: answer.status,
        headers: answer.headers,
        body: text === '' ? {} : (JSON.parse(text) as JsonObject),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await scheduling[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
