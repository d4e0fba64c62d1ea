import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { reportError, usageError } from '../command.ts';
import { parsePairs, parseSecrets } from '../commands/pairs.ts';
import { openPolicy } from '../composition/policy.ts';
import { firstSignal } from '../composition/shutdown.ts';
import { openSupervisor } from '../composition/supervisor.ts';
import { watchPaths } from '../dev/watch.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { type DevParts, type DevWork, devRound } from './dev-round.ts';
import { guestGlobals } from './guest-globals.ts';

/** `waterflow plugin dev`'s options. */
export interface PluginDevOptions {
  readonly input: readonly string[];
  readonly secret: readonly string[];
  readonly approve: readonly string[];
  readonly grant: readonly string[];
  readonly allowPrivate: readonly string[];
  readonly case?: string;
  readonly policy?: string;
  readonly json?: boolean;
}

/** Checks and tries a plugin each time that one of its files is saved, until a signal ends it; gives the exit code. */
export async function devPlugin(terminal: Terminal, name: string, options: PluginDevOptions): Promise<number> {
  const folder = resolve(terminal.cwd, name) as AbsolutePath; // resolve() gives an absolute path.
  if (!existsSync(join(folder, 'plugin.yaml'))) {
    throw usageError(`there is no plugin.yaml in ${name}`, "Name a plugin's folder.");
  }
  // What is wrong on the command line is said once, and not after each change.
  parsePairs('--input', options.input);
  parseSecrets(options.secret, terminal.env);
  openPolicy(terminal, options.policy);
  const signalled = firstSignal(terminal);
  await using supervisor = await openSupervisor(terminal);
  const globals = await guestGlobals(supervisor);
  const work = {
    folder,
    name,
    inputs: options.input,
    secrets: options.secret,
    approve: options.approve,
    grant: options.grant,
    allowPrivate: options.allowPrivate,
    case: options.case ?? '',
    policy: options.policy,
    json: options.json === true,
  };
  await using rounds = new DevRounds(terminal, work, { supervisor, globals });
  await using _watching = await watchPaths(folder, (paths) => rounds.changed(paths));
  rounds.begin();
  await signalled;
  return exitCodes.interrupted;
}

/** One round after the other; a change ends the one that goes on. */
class DevRounds implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #work: DevWork;
  readonly #parts: Omit<DevParts, 'signal' | 'wrote'>;
  readonly #written = new Set<string>();
  /** Since the last round that began. */
  readonly #changed = new Set<string>();
  #going = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, work: DevWork, parts: Omit<DevParts, 'signal' | 'wrote'>) {
    this.#terminal = terminal;
    this.#work = work;
    this.#parts = parts;
  }

  begin(): void {
    this.#going.abort('cancelled');
    const going = new AbortController();
    this.#going = going;
    this.#last = this.#last.then(() => (going.signal.aborted ? undefined : this.#round(going.signal)));
  }

  /** What a build wrote is no change. */
  changed(paths: readonly string[]): void {
    const changed = paths.filter((path) => !this.#written.has(path));
    for (const path of changed) this.#changed.add(relative(this.#work.folder, path) || '.');
    if (changed.length > 0) this.begin();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#going.abort('cancelled');
    await this.#last;
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { stdout, stderr } = this.#terminal;
    if (stdout.interactive && !this.#work.json) stdout.write(`\u001b[${Math.min(stdout.size().rows, 9999)}A\r\u001b[J`);
    this.#announce();
    try {
      const wrote = (paths: readonly string[]): void => paths.forEach((path) => this.#written.add(path));
      await devRound(this.#terminal, this.#work, { ...this.#parts, signal, wrote });
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
      reportError(this.#terminal, cause.error, { json: this.#work.json });
    }
    if (!signal.aborted) stderr.write(`${plainLine(`watching ${this.#work.name} (Ctrl-C ends it)`)}\n`);
  }

  /** Where a round begins among the lines of the ones before, when, and why. */
  #announce(): void {
    const { stdout, now } = this.#terminal;
    const changed = [...this.#changed].sort();
    this.#changed.clear();
    const at = new Date(now());
    if (this.#work.json) {
      stdout.write(`${plainJson({ type: 'round-started', at: at.toISOString(), changed })}\n`);
      return;
    }
    const time = [at.getHours(), at.getMinutes(), at.getSeconds()]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
    const why = changed.length === 0 ? 'the first round' : `changed: ${changed.join(', ')}`;
    stdout.write(`${plainLine(`--- ${time} ${why}`)}\n`);
  }
}
