import { relative } from 'node:path';
import type { AbsolutePath, RunId } from '../../schemas/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { printRun } from '../client/commands/get.ts';
import { apiPath, createClient } from '../client/http.ts';
import { followToEnd } from '../client/submitted.ts';
import { reportError } from '../command.ts';
import { compileFile } from '../commands/compile-file.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import { operatorName } from '../composition/operator.ts';
import { forgetPlugins, openPlugins } from '../composition/plugins.ts';
import type { RunningServer } from '../composition/server.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { type RunValues, startRun } from './started-run.ts';
import type { Changes } from './watch.ts';

/** Somebody's work on workflows and plugins in a folder. */
export interface Session {
  readonly folder: AbsolutePath;
  readonly approve: readonly string[];
  /** Run again after each change. */
  readonly file: string | undefined;
  readonly values: RunValues;
}

/** A run that goes on, or has ended by itself. */
interface ShownRun {
  readonly end: () => Promise<void>;
}

/** Answers each change: checks what was changed, and runs the session's file anew in place of the run that goes on. */
export class SessionRuns implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #server: RunningServer;
  readonly #session: Session;
  #current: ShownRun | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, server: RunningServer, session: Session) {
    this.#terminal = terminal;
    this.#server = server;
    this.#session = session;
  }

  /** Runs the session's file, where it has one. */
  begin(): void {
    this.#then(() => this.#rerun());
  }

  changed(changes: Changes): void {
    this.#then(async () => {
      if (changes.plugins.length > 0) forgetPlugins(this.#terminal);
      for (const folder of changes.plugins) await this.#checkPlugin(folder);
      for (const file of changes.workflows) await this.#checkWorkflow(file);
      await this.#rerun();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
    await this.#current?.end();
  }

  /** One change after the other. What goes wrong with one is told, and the next is another. */
  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((cause: unknown) => {
      if (!(cause instanceof WaterflowFailure)) throw cause;
      reportError(this.#terminal, cause.error, {});
    });
  }

  async #checkPlugin(folder: string): Promise<void> {
    const { approve } = this.#session;
    const name = `./${relative(this.#session.folder, folder)}`;
    const resolved = await openPlugins(this.#terminal, approve).resolve(name, this.#session.folder);
    if ('error' in resolved) return void reportError(this.#terminal, resolved.error, {});
    const { identity, origin, manifest } = resolved.plugin;
    const needsGrant = origin !== 'approved' && manifest.permissions !== undefined;
    const granted = !needsGrant ? '' : `; nothing is granted to it without --approve ${name}`;
    this.#say(
      `${name} is ${identity.name}@${identity.version} ${identity.digest.slice(0, 'sha256:'.length + 12)}${granted}`,
    );
  }

  async #checkWorkflow(file: string): Promise<void> {
    const path = relative(this.#terminal.cwd, file);
    // The session's own is checked when it is run.
    if (path === this.#session.file) return;
    const compiled = await compileFile(this.#terminal, path);
    printDiagnostics(this.#terminal, [compiled], { json: false });
    if (compiled.diagnostics.length === 0) this.#say(`${path} is fine`);
  }

  async #rerun(): Promise<void> {
    const { file, values } = this.#session;
    if (file === undefined) return;
    await this.#current?.end();
    this.#current = undefined;
    const run = await startRun(this.#terminal, this.#server.parts, { file, values });
    if (run !== undefined) this.#current = this.#show(run);
  }

  #show(run: RunId): ShownRun {
    const terminal = this.#terminal;
    const { url, parts } = this.#server;
    const over = new AbortController();
    const client = createClient({ url: new URL(`${url}/`), words: ['--server', url] });
    const show = async (): Promise<void> => {
      const end = await followToEnd(terminal, client, { run, json: false, signal: over.signal });
      if (end === 'interrupted') return;
      terminal.stdout.write('\n');
      printRun(terminal, client, await client.ask({ path: apiPath`v1/workflows/${run}` }));
    };
    // What keeps it from being shown was a change that ended it, or the end of the server.
    const shown = show().catch(() => {});
    return {
      end: async () => {
        over.abort();
        await shown;
        const operation = { kind: 'terminate', by: operatorName(), reason: 'its file was changed' } as const;
        await parts.submissions.operate(run, operation).catch(() => {});
      },
    };
  }

  #say(text: string): void {
    this.#terminal.stderr.write(`${plainLine(text)}\n`);
  }
}
