/**
 * A throw-away Temporal of a test's own: the development server of Temporal's command, its database a file in a temporary folder. Ask
 * `needs('temporal')` of e2e/require.ts first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

/** A server that runs, until it is disposed of with all its data. */
export interface TestTemporal extends AsyncDisposable {
  /** `host:port`, the same after it was started again. */
  readonly address: string;
  /** What it keeps, an SQLite database; beside it lies its write-ahead log. */
  readonly databaseFile: string;
  /** `fast`: as an operator stops it; `immediate`: as a crash does. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  /** Goes on with what is in the database. Resolves when it answers. */
  start(): Promise<void>;
}

const startTimeoutMs = 60_000;
const pollMs = 100;
/** Characters of what it says before it ends. */
const mostSaid = 2_000;
/** It takes more ports than the one that it is given, and ends where somebody else has one of them a moment before. */
const starts = 3;

/** Starts one, with the namespace `default` and those that are named. */
export async function startTemporal(options: { readonly namespaces?: readonly string[] } = {}): Promise<TestTemporal> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-temporal-'));
  const databaseFile = join(folder, 'temporal.db');
  const namespaces = options.namespaces ?? [];
  const { server, port } = await started(async () => {
    const free = await freePort();
    const argv = commandLine({ port: free, databaseFile, namespaces });
    return { port: free, server: controlled(free, argv, ['default', ...namespaces]) };
  });
  return {
    ...server,
    address: `127.0.0.1:${port}`,
    databaseFile,
    async [Symbol.asyncDispose]() {
      await server.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The first one that starts. */
async function started<Made extends { readonly server: Pick<TestTemporal, 'start' | 'stop'> }>(
  make: () => Promise<Made>,
): Promise<Made> {
  for (let left = starts - 1; ; left -= 1) {
    const made = await make();
    try {
      await made.server.start();
      return made;
    } catch (cause) {
      await made.server.stop('immediate');
      if (left === 0) throw cause;
    }
  }
}

function controlled(port: number, argv: readonly string[], namespaces: readonly string[]) {
  let child: ChildProcess | undefined;
  return {
    async start() {
      // It ends with this process, however that ends.
      const command = process.env['WATERFLOW_TEMPORAL'] ?? 'temporal';
      child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...argv], {
        stdio: ['ignore', 'ignore', 'pipe'],
        cwd: '/',
      });
      await answering(`127.0.0.1:${port}`, child, namespaces);
    },
    async stop(how: 'fast' | 'immediate') {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(how === 'fast' ? 'SIGTERM' : 'SIGKILL');
      await ended;
    },
  };
}

/** With the settings that make a development server quick: by default it takes 50 ms to hand on a task, and 1 s to continue as new. */
function commandLine(options: { port: number; databaseFile: string; namespaces: readonly string[] }): string[] {
  const { port, databaseFile, namespaces } = options;
  const settings = {
    '--ip': '127.0.0.1',
    '--port': `${port}`,
    '--log-level': 'error',
    '--db-filename': databaseFile,
    '--sqlite-pragma': 'journal_mode=wal',
  };
  const dynamic = ['history.transferProcessorMaxPollRPS=2000', 'history.workflowIdReuseMinimalInterval="0s"'];
  return [
    'server',
    'start-dev',
    '--headless',
    ...Object.entries(settings).flat(),
    ...dynamic.flatMap((value) => ['--dynamic-config-value', value]),
    ...namespaces.flatMap((namespace) => ['--namespace', namespace]),
  ];
}

async function answering(address: string, child: ChildProcess, namespaces: readonly string[]): Promise<void> {
  let said = '';
  // It is read to its end, or the pipe would fill.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-mostSaid)));
  for (let waited = 0; waited < startTimeoutMs; waited += pollMs) {
    if (child.exitCode !== null) throw new Error(`temporal ended with ${child.exitCode}: ${said}`);
    if (await serves(address, namespaces)) return;
    await sleep(pollMs);
  }
  throw new Error(`temporal does not answer: ${said}`);
}

/** Whether it answers, and has made the namespaces. */
async function serves(address: string, namespaces: readonly string[]): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1000 });
    try {
      for (const namespace of namespaces) await connection.workflowService.describeNamespace({ namespace });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port');
  return address.port;
}
