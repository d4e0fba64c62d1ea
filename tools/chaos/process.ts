import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { descendantsOf, type Process } from '../../e2e/processes.ts';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'waterflow');
/** How long a process may take to end in order, in ms. */
const endMs = 60_000;

/** A `waterflow` command that is killed and started again. */
export interface ProcessOptions {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it says once it does its work. */
  readonly ready: string;
  /** What it says is added there. */
  readonly log: string;
}

/** One process at a time, always started the same way. It ends with this process, however that ends. */
export class RestartedProcess {
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  /** Resolves when it does its work; rejects where it ends instead. */
  async start(): Promise<void> {
    const { argv, env, ready, log } = this.#options;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, launcher, ...argv], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const hear = (text: string): void => {
      appendFileSync(log, text);
      said = `${said}${text}`.slice(-10_000);
      if (said.includes(ready)) resolve(undefined);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`waterflow ${argv[0]} ended before it was ready:\n${said}`)));
    await promise;
  }

  /** Kills it at once; gives the processes that it had, which have to end with it. */
  async kill(): Promise<readonly Process[]> {
    if (!this.#runs()) return [];
    const left = descendantsOf(this.#child?.pid ?? 0);
    await this.#end('SIGKILL');
    return left;
  }

  /** Ends it as an operator does; gives the processes that it had. */
  async stop(): Promise<readonly Process[]> {
    if (!this.#runs()) return [];
    const left = descendantsOf(this.#child?.pid ?? 0);
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), endMs);
    await this.#end('SIGTERM');
    clearTimeout(late);
    return left;
  }

  #runs(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === undefined) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}
