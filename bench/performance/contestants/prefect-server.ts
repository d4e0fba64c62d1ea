import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../engine/temporal/testing/temporal-server.ts';
import { ready, type Served } from '../../server/process.ts';

/** Prefect's server with SQLite and its defaults, as `prefect server start` starts it. */
export interface PrefectServer extends Served {
  /** Of programs that talk to it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Registers a flow for runs that nobody carries out; the path that a run is asked for at. */
  readonly register: () => Promise<string>;
}

const run = promisify(execFile);
/** From SIGINT to SIGKILL. */
const graceMs = 10_000;

/** The script with our flows. */
export const prefectScript: string = join(import.meta.dirname, 'prefect_work.py');

/** Starts the server with its data in `home`, and waits until it is well. */
export async function startPrefect(binaries: string, home: string): Promise<PrefectServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = prefectEnvironment(home, `${url}/api`);
  const start = performance.now();
  const argv = ['server', 'start', '--host', '127.0.0.1', '--port', String(port)];
  const server = spawn('setpriv', ['--pdeathsig', 'INT', '--', join(binaries, 'prefect'), ...argv], {
    env,
    stdio: 'ignore',
  });
  await ready(new URL('/api/health', url));
  return {
    url,
    pid: server.pid ?? 0,
    headers: {},
    environment: env,
    readyMs: performance.now() - start,
    async register() {
      const { stdout } = await run(join(binaries, 'python'), [prefectScript, 'register'], { env });
      return `/api/deployments/${stdout.trim().split('\n').at(-1) ?? ''}/create_flow_run`;
    },
    [Symbol.asyncDispose]: () => ended(server),
  };
}

/** The environment of its programs; without an address a flow starts a server of its own. */
export function prefectEnvironment(home: string, api?: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    PREFECT_HOME: home,
    ...(api === undefined ? {} : { PREFECT_API_URL: api }),
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    PREFECT_LOGGING_LEVEL: 'WARNING',
    DO_NOT_TRACK: '1',
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(late);
}
