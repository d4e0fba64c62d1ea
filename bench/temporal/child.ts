import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that has said that it is ready. To dispose of it is to end it. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** The line by which it said so. */
  readonly line: string;
}

/** How a process is started. */
export interface ChildOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It is ready with the first line, on either of its outputs, that holds this. */
  readonly ready: string;
}

const lastLines = 20;

/** Starts Node with a script. The process ends with this one, however that ends. */
export async function startNode(argv: readonly string[], options: ChildOptions): Promise<Child> {
  const { PATH, HOME, NODE_OPTIONS } = process.env;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, ...argv], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, NODE_OPTIONS, ...options.env },
  });
  const line = await saying(child, options.ready);
  return {
    pid: child.pid ?? 0,
    line,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function saying(child: ChildProcess, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on('line', (line) => {
      said.push(line);
      if (said.length > lastLines) said.shift();
      if (line.includes(text)) resolve(line);
      if (process.env['WATERFLOW_BENCH_VERBOSE'] !== undefined) process.stderr.write(`  ${child.pid}: ${line}\n`);
    });
  }
  child.on('exit', () => reject(new Error(`a process ended before it was ready: ${said.join('\n')}`)));
  return promise;
}
