import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ready, type Served } from '../process.ts';

/** Prefect's server with SQLite and its defaults, as `prefect server start` starts it. */
export interface Prefect extends Served {
  /** Registers the flow of three tasks, for runs that nobody carries out; the path that a run is asked for at. */
  readonly register: () => Promise<string>;
  /** Has a runner carry out runs of the flow, which looks for new ones every second, as often as it can; the path as above. */
  readonly serve: () => Promise<string>;
  /** The flow run in one process, without a runner: milliseconds of each run. */
  readonly direct: (count: number) => Promise<readonly number[]>;
  /** Of a run that has ended, in ms since the epoch; undefined while it goes on. */
  readonly endOf: (run: string) => Promise<number | undefined>;
}

const version = '3.9.1';
const script = join(import.meta.dirname, 'three_steps.py');
const run = promisify(execFile);

/** Installs Prefect, once, in a folder of the user's caches; the folder of its programs. Throws where that can't be done. */
export async function installPrefect(): Promise<string> {
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(caches, 'waterflow', 'bench', `prefect-${version}`);
  const binaries = join(folder, 'bin');
  if (existsSync(join(folder, 'installed'))) return binaries;
  await run('python3', ['-m', 'venv', '--clear', folder]);
  await run(join(binaries, 'pip'), ['install', '--quiet', `prefect==${version}`], { timeout: 600_000 });
  mkdirSync(join(folder, 'installed'));
  return binaries;
}

/** Starts the server with its data below `scratch`, and waits until it is well. */
export async function startPrefect(binaries: string, scratch: string): Promise<Prefect> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = environment(join(scratch, 'prefect'), `${url}/api`);
  const children: ChildProcess[] = [];
  const python = join(binaries, 'python');
  const begin = (command: string, argv: readonly string[]): ChildProcess => {
    const child = spawn(command, argv, { cwd: scratch, env, stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const ask = async (path: string, body?: object): Promise<unknown> => asked(new URL(path, url), body);
  const start = performance.now();
  const server = begin(join(binaries, 'prefect'), ['server', 'start', '--host', '127.0.0.1', '--port', String(port)]);
  await ready(new URL('/api/health', url));
  return {
    url,
    pid: server.pid ?? 0,
    headers: {},
    readyMs: performance.now() - start,
    async register() {
      const { stdout } = await run(python, [script, 'register'], { env, cwd: scratch });
      return pathOf(stdout.trim().split('\n').at(-1) ?? '');
    },
    async serve() {
      begin(python, [script, 'serve']);
      for (;;) {
        const [deployment] = (await ask('/api/deployments/filter', {
          deployments: { name: { any_: ['served'] } },
        })) as {
          readonly id: string;
        }[]; // As its API says.
        if (deployment !== undefined) return pathOf(deployment.id);
      }
    },
    async direct(count) {
      const { stdout } = await run(python, [script, 'direct', String(count)], { env, cwd: scratch });
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as readonly number[]; // As the script writes it.
    },
    async endOf(id) {
      const { state_type, end_time } = (await ask(`/api/flow_runs/${id}`)) as { state_type: string; end_time?: string };
      if (['FAILED', 'CRASHED', 'CANCELLED'].includes(state_type))
        throw new Error(`Prefect's run ${id} is ${state_type}`);
      return state_type === 'COMPLETED' && end_time !== undefined ? Date.parse(end_time) : undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children.toReversed()) await ended(child);
    },
  };
}

function pathOf(deployment: string): string {
  return `/api/deployments/${deployment}/create_flow_run`;
}

function environment(home: string, api: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PREFECT_HOME: home,
    PREFECT_API_URL: api,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    PREFECT_LOGGING_LEVEL: 'WARNING',
    // Default: 10 s. It takes whole seconds.
    PREFECT_RUNNER_POLL_FREQUENCY: '1',
    DO_NOT_TRACK: '1',
  };
}

/** An answer of its API; it says 503 now and then while its database is locked. */
async function asked(url: URL, body?: object): Promise<unknown> {
  const post = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  for (;;) {
    const answer = await fetch(url, post ?? {});
    if (answer.ok) return answer.json();
    const text = await answer.text();
    if (answer.status !== 503) throw new Error(`${url.pathname}: ${answer.status} ${text}`);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port');
  return address.port;
}
