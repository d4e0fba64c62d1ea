/** A server with keys, as its operator starts it, for tests of who may do what to it. */
import { join } from 'node:path';
import { folderWith, start, waterflow } from './command.ts';
import { listening, type ServerProcess } from './server-process.ts';

/** A request that a test sends, and what came of it. */
export interface GuardedAsk {
  readonly key?: string;
  readonly method?: string;
  /** JSON where it is an object. */
  readonly body?: object | string | Uint8Array;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** An empty object where it isn't JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface GuardedServer extends ServerProcess {
  readonly folder: string;
  readonly state: string;
  /** A new key; its text. */
  readonly key: (role: string, tenant?: string) => Promise<string>;
  readonly ask: (path: string, ask?: GuardedAsk) => Promise<GuardedAnswer>;
  /** Kills it, and starts another one in its place. */
  readonly startAnew: () => Promise<GuardedServer>;
}

/** Where a server is to be started, and how. */
export interface GuardedStart {
  /** `server.yaml`. */
  readonly config?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a folder of its own. */
  readonly state?: string;
}

let names = 0;

/** Starts it. Its folder has the files, and is removed when the test is over. */
export async function guardedServer({
  config = '{}',
  files = {},
  env = {},
  ...rest
}: GuardedStart = {}): Promise<GuardedServer> {
  const folder = folderWith({ 'server.yaml': `${config}\n`, ...files });
  return begin({ folder, state: rest.state ?? join(folder, 'state'), env });
}

async function begin(at: {
  readonly folder: string;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<GuardedServer> {
  const { folder, state, env } = at;
  const argv = ['server', '--state', state, '--port', '0', '--config', join(folder, 'server.yaml')];
  const server = await listening(start(argv, { cwd: folder, env }));
  return {
    ...server,
    folder,
    state,
    key: async (role, tenant = 'default') => {
      names += 1;
      const made = ['keys', 'new', '--name', `${role} ${names}`, '--role', role, '--tenant', tenant, '--state', state];
      const { code, stdout, stderr } = await waterflow(made, { cwd: folder });
      if (code !== 0) throw new Error(stderr);
      return stdout.trim();
    },
    ask: (path, ask) => askGuarded(server.url, path, ask),
    startAnew: async () => {
      server.process.kill('SIGKILL');
      await server.process.ended;
      return begin(at);
    },
  };
}

/** Sends a request, and reads all of the answer. */
export async function askGuarded(
  url: string,
  path: string,
  { key, method, body, type, headers = {} }: GuardedAsk = {},
): Promise<GuardedAnswer> {
  const isObject = typeof body === 'object' && !(body instanceof Uint8Array);
  const response = await fetch(new URL(path, url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': type ?? 'application/json' }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: isObject ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer>) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: objectIn(text) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>; // The API answers with objects.
  } catch {
    return {};
  }
}
