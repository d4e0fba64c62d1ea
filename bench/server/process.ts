import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/** A process that takes requests. To dispose of it is to end it. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the process that answers, not of one that started it. */
  readonly pid: number;
  /** From its start to its first answer, in milliseconds. */
  readonly readyMs: number;
}

/** Waterflow's server as its operator starts it. */
export interface BenchServer extends Served {
  /** The folder of its data and runs. */
  readonly state: string;
  /** Of the launcher, which started the process that answers and waits for it. */
  readonly launcherPid: number;
}

/** That of the sources. */
export const sourceLauncher: string = join(import.meta.dirname, '..', '..', 'bin', 'waterflow');
const apiKey = 'a-key-of-the-bench-0123456789abcdef';
/** What would refuse a load generator that is one client; everything else is as it is by default. */
const config = 'limits:\n  requests-per-minute: 0\n';
const pollMs = 2;

/** More than a server is started with otherwise. */
export interface ServerOptions {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: {@link sourceLauncher}. */
  readonly launcher?: string;
}

/** Starts `waterflow server` with its state in a folder below `scratch`, and waits until it says that it is ready. */
export async function startServer(
  scratch: string,
  name = 'server',
  { argv: more = [], env = {}, launcher = sourceLauncher }: ServerOptions = {},
): Promise<BenchServer> {
  const folder = join(scratch, name);
  const state = join(folder, 'state');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'server.yaml'), config);
  const start = performance.now();
  const argv = ['server', '--state', state, '--port', '0', '--config', join(folder, 'server.yaml'), '--json', ...more];
  // It ends with this process, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', process.execPath, launcher, ...argv], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], API_KEY: apiKey, ...env },
  });
  const url = await urlOf(child);
  await ready(new URL('/readyz', url));
  const readyMs = performance.now() - start;
  const launcherPid = child.pid ?? 0;
  return {
    url,
    pid: handedTo(launcherPid),
    launcherPid,
    readyMs,
    state,
    headers: { authorization: `Bearer ${apiKey}` },
    ...ending(child),
  };
}

/** Starts a bare server: a script that prints its address. What it answers at `/` says that it is ready. */
export async function startBare(script: string, argv: readonly string[] = []): Promise<Served> {
  const start = performance.now();
  const child = spawn(process.execPath, [script, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  await ready(new URL('/', String(url)));
  const readyMs = performance.now() - start;
  return { url: String(url), pid: child.pid ?? 0, readyMs, headers: {}, ...ending(child) };
}

/** The memory of a process that is resident, in MiB, as the kernel counts it. */
export function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Resolves when an address answers that all is well. */
export async function ready(url: URL): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await setTimeout(pollMs);
  }
}

/** The address from a line of the server's log; what it says later is thrown away. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the server has no log');
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    said.push(line);
    const url: unknown = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>)['url'] : undefined;
    if (typeof url !== 'string') continue;
    lines.close();
    child.stderr.resume();
    return url;
  }
  throw new Error(`the server didn't start: ${said.join('\n')}`);
}

function ending(child: ChildProcess): AsyncDisposable {
  const exited = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The process that a launcher handed over to; itself where it didn't. */
export function handedTo(launcher: number): number {
  const [first] = readFileSync(`/proc/${launcher}/task/${launcher}/children`, 'utf8').split(' ');
  return first === undefined || first === '' ? launcher : Number(first);
}
