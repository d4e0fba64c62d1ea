/** A server as its operator starts it: `waterflow server`, a process of its own. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { recordsPlaceIn } from '../storage/records/testing/places.ts';
import { type Ended, folderWith, type RunningCommand, start, waterflow } from './command.ts';

/** A server that takes requests. */
export interface ServerProcess {
  readonly url: string;
  readonly process: RunningCommand;
}

/** Where a server keeps its things, and how it is started there, as often as one likes. */
export interface ServerPlace {
  readonly folder: string;
  readonly state: string;
  readonly begin: (options?: ServerStart) => Promise<ServerProcess>;
  /** A command in that folder, for the server. */
  readonly command: (server: ServerProcess, ...argv: readonly string[]) => Promise<Ended>;
  readonly start: (server: ServerProcess, ...argv: readonly string[]) => RunningCommand;
}

/** How a server is started. */
export interface ServerStart {
  /** Default: any that is free. */
  readonly port?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments. */
  readonly argv?: readonly string[];
}

/** A folder with files, and servers that keep their state in it. */
export function serverPlace(files: Readonly<Record<string, string>> = {}): ServerPlace {
  const folder = folderWith(files);
  const state = join(folder, 'state');
  const environment = (server: ServerProcess) => ({ XDG_CONFIG_HOME: folder, WATERFLOW_SERVER_URL: server.url });
  return {
    folder,
    state,
    async begin({ port = '0', env = {}, argv = [] } = {}) {
      const records = await recordsPlaceIn(state);
      const all = 'url' in records ? { DATABASE_URL: records.url, ...env } : env;
      return listening(start(['server', '--state', state, '--port', port, ...argv], { cwd: folder, env: all }));
    },
    command: (server, ...argv) => waterflow(argv, { cwd: folder, env: environment(server) }),
    start: (server, ...argv) => start(argv, { cwd: folder, env: environment(server) }),
  };
}

/** Resolves when a server says where it listens; rejects with what it says instead. */
export async function listening(process: RunningCommand): Promise<ServerProcess> {
  await process.complaining('"message":"listening on ');
  return { url: urlIn(process.stderr), process };
}

/** A line of the server's log, which is JSON where stderr is no terminal. */
export function logOf(stderr: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

function urlIn(stderr: string): string {
  const line = logOf(stderr).find(({ url }) => typeof url === 'string');
  return String(line?.['url']);
}

/** The port of a server, to start another one in its place. */
export function portOf({ url }: ServerProcess): string {
  return new URL(url).port;
}

/** What a server answers, as JSON. */
export async function askServer(
  { url }: ServerProcess,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const headers = { 'content-type': 'application/json' };
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers };
  const response = await fetch(new URL(path, url), request);
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

/** Resolves when a step of job `work` has begun: those before it have ended then. */
export async function begunStep(server: ServerProcess, run: string, step: string): Promise<void> {
  const statusOf = async (): Promise<unknown> => {
    const { body } = await askServer(server, `/v1/workflows/${run}`);
    const { work } = body['jobs'] as Record<string, { readonly steps: Record<string, { readonly status: string }> }>; // As the API says.
    return work?.steps[step]?.status;
  };
  await expect.poll(statusOf).toMatch(/^(?:running|waiting)$/u);
}

/** Resolves with a run when it has ended. */
export async function endedRun(server: ServerProcess, run: string): Promise<Readonly<Record<string, unknown>>> {
  // The stream of its events ends with it.
  const events = await fetch(new URL(`/v1/workflows/${run}/events`, server.url), {
    headers: { accept: 'text/event-stream' },
  });
  await events.text();
  return (await askServer(server, `/v1/workflows/${run}`)).body;
}
