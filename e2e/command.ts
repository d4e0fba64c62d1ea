/**
 * The command as a user starts it: a process of its own, with real files and signals. Nothing of the surroundings reaches it that
 * would make one machine's run another than the next one's.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { RunNotice, RunSummary } from '../engine/port.ts';

/** The repository's root. */
export const root: string = join(import.meta.dirname, '..');
/** The launcher in the checkout. */
export const launcher: string = join(root, 'bin', 'waterflow');

/** How a process ended, with everything that it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a command runs. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to a clean environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What is piped in; `open`: what {@link RunningCommand.type} gives. Default: nothing. */
  readonly input?: string | { readonly open: true };
}

/** A process that runs. */
export class RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when the process and its output are at their end; never rejects because of an exit code. */
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(command: string, argv: readonly string[], options: CommandOptions = {}) {
    const env = { ...cleanEnvironment(), ...options.env };
    this.child = spawn(command, argv, { cwd: options.cwd, env });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.child.stdin.on('error', () => {}); // A command that doesn't read may end before it was written to.
    if (typeof options.input !== 'object') this.child.stdin.end(options.input ?? '');
    this.ended = this.#end();
    onTestFinished(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
      await this.ended;
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves when stdout holds `text`; rejects where the process ends without it. */
  saying(text: string): Promise<void> {
    return this.#holds(text, this.child.stdout, () => this.#stdout);
  }

  /** The same of stderr. */
  complaining(text: string): Promise<void> {
    return this.#holds(text, this.child.stderr, () => this.#stderr);
  }

  /** Resolves when more was printed on stdout; rejects with `otherwise` and all of it where the process ends without. */
  async printing(otherwise: string): Promise<void> {
    const before = this.#stdout.length;
    const more = once(this.child.stdout, 'data').then(() => 'more' as const);
    if ((await Promise.race([more, this.ended])) === 'more' || this.#stdout.length > before) return;
    throw new Error(`${otherwise}:\n${this.#stdout}\n${this.#stderr}`);
  }

  /** Resolves when there is a file at `path`, whose folder exists; rejects where the process ends without it. */
  async making(path: string): Promise<void> {
    const changes = watch(dirname(path));
    try {
      while (!existsSync(path)) {
        const more = once(changes, 'change').then(() => 'more' as const);
        if ((await Promise.race([more, this.ended])) !== 'more' && !existsSync(path)) {
          throw new Error(`it ended without making ${path}:\n${this.#stdout}\n${this.#stderr}`);
        }
      }
    } finally {
      changes.close();
    }
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async #holds(text: string, stream: Readable, held: () => string): Promise<void> {
    while (!held().includes(text)) {
      const more = once(stream, 'data').then(() => 'more' as const);
      if ((await Promise.race([more, this.ended])) !== 'more' && !held().includes(text)) {
        throw new Error(`it ended without saying ${JSON.stringify(text)}:\n${this.#stdout}\n${this.#stderr}`);
      }
    }
  }

  async #end(): Promise<Ended> {
    const [code, signal]: [number | null, NodeJS.Signals | null] = (await once(this.child, 'close')) as never; // As documented for `close`.
    return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
  }
}

/** Starts the command line of the checkout. */
export function start(argv: readonly string[], options: CommandOptions = {}): RunningCommand {
  return new RunningCommand(process.execPath, [launcher, ...argv], options);
}

/** Runs the command line of the checkout to its end. */
export function waterflow(argv: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  return start(argv, options).ended;
}

/** The lines of `run --json`. */
export function noticesOf({ stdout }: Pick<Ended, 'stdout'>): readonly RunNotice[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as RunNotice); // `run --json` prints nothing else.
}

/** The last line of `run --json`. */
export function summaryOf(ended: Pick<Ended, 'stdout' | 'stderr'>): RunSummary {
  const last = noticesOf(ended).at(-1);
  if (last?.type !== 'summary') throw new Error(`no summary: ${ended.stdout}\n${ended.stderr}`);
  return last;
}

/** A folder with these files, by path; it is removed when the test is over. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** What a command can't do without: DOCKER_HOST says where the daemon of these tests is, if it isn't in the usual place. */
function cleanEnvironment(): Readonly<Record<string, string | undefined>> {
  const { PATH, HOME, LANG, TMPDIR, DOCKER_HOST } = process.env;
  return { PATH, HOME, LANG, TMPDIR, ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }) };
}
