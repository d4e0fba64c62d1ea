/**
 * A throw-away PostgreSQL of a test's own: Debian's programs, a cluster in a temporary folder, reached by a socket in it alone.
 * Ask `needs('postgres')` of e2e/require.ts first.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** A server that runs, until it is disposed of with all its data. */
export interface TestPostgres extends AsyncDisposable {
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>;
  /** `fast`: as an operator stops it; `immediate`: as a crash does. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
}

const startTimeoutMs = 30_000;
const pollMs = 50;

/** Starts one. `durable` syncs to disk, for tests of crashes; without it everything is quicker. */
export async function startPostgres(options: { readonly durable: boolean }): Promise<TestPostgres> {
  const programs = postgresPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-pg-'));
  const data = join(folder, 'data');
  const user = serverUser();
  if (user !== undefined) execFileSync('chown', [user, folder]);
  const command = (program: string, argv: readonly string[]) => [...runAs(user), join(programs, program), ...argv];
  run(command('initdb', ['--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync', '--username=test', data]));
  const server = createServer(folder, command('postgres', serverOptions(data, folder, options.durable)));
  await server.start();
  let databases = 0;
  return {
    ...server,
    async createDatabase() {
      databases += 1;
      const client = new Client({ connectionString: urlOf(folder, 'postgres') });
      await client.connect();
      await client.query(`CREATE DATABASE test_${databases}`);
      await client.end();
      return urlOf(folder, `test_${databases}`);
    },
    async [Symbol.asyncDispose]() {
      await server.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createServer(folder: string, command: readonly string[]) {
  let child: ChildProcess | undefined;
  return {
    async start() {
      const [file = '', ...argv] = command;
      child = spawn(file, argv, { stdio: 'ignore', cwd: '/' });
      await answering(folder, child);
    },
    async stop(how: 'fast' | 'immediate') {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      // https://www.postgresql.org/docs/current/server-shutdown.html
      child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await ended;
    },
  };
}

function serverOptions(data: string, sockets: string, durable: boolean): readonly string[] {
  const unsafe = ['fsync=off', 'full_page_writes=off'];
  const settings = ['listen_addresses=', `unix_socket_directories=${sockets}`, 'max_connections=120'];
  return ['-D', data, ...[...settings, ...(durable ? [] : unsafe)].flatMap((setting) => ['-c', setting])];
}

async function answering(folder: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < startTimeoutMs; waited += pollMs) {
    if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`);
    const client = new Client({ connectionString: urlOf(folder, 'postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await sleep(pollMs);
    }
  }
  throw new Error('postgres does not answer');
}

function urlOf(folder: string, database: string): string {
  return `postgresql://test@localhost/${database}?host=${encodeURIComponent(folder)}`;
}

/** The folder of Debian's programs, of the newest version that is there. */
export function postgresPrograms(): string {
  return dirname(globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1) ?? '');
}

/** PostgreSQL refuses to run as root: then it runs as the user of Debian's package, or as nobody. */
export function serverUser(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody';
}

/** What runs a program as that user, in its own place, so that signals reach it; and ends it with this process. */
function runAs(user: string | undefined): readonly string[] {
  const as = user === undefined ? [] : [`--reuid=${user}`, '--regid=nogroup', '--clear-groups'];
  return ['setpriv', '--pdeathsig', 'QUIT', ...as, '--'];
}

function run([file = '', ...argv]: readonly string[]): void {
  const { status, stderr } = spawnSync(file, argv, { encoding: 'utf8', cwd: '/' });
  if (status !== 0) throw new Error(`${file} ${argv[0]} ended with ${status}: ${stderr}`);
}
