import { readFile } from 'node:fs/promises';
import { resolveInputs } from '../../dsl/index.ts';
import type { RunHandle, RunSummary } from '../../engine/port.ts';
import { type Diagnostic, parseRunId, type Plan } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openEngine } from '../composition/engine.ts';
import { exitCodes } from '../exit-codes.ts';
import { createJsonReporter } from '../report/json.ts';
import { createPlainReporter } from '../report/plain.ts';
import type { Reporter } from '../report/reporter.ts';
import { renderSummary } from '../report/summary.ts';
import { createTreeReporter } from '../report/tree.ts';
import type { Terminal } from '../terminal.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { parsePairs, parseSecrets } from './pairs.ts';

/** `waterflow run`'s options, as the command line gives them. */
export interface RunOptions {
  readonly input: readonly string[];
  readonly var: readonly string[];
  readonly secret: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly state?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

/** Runs a workflow file, or goes on with an interrupted run; gives the exit code. */
export async function run(terminal: Terminal, file: string | undefined, options: RunOptions): Promise<number> {
  const secrets = parseSecrets(options.secret, terminal.env);
  if (options.resume !== undefined) return await resumeRun(terminal, options.resume, { ...options, secrets });
  if (file === undefined) throw usageError('no workflow file', 'name one: waterflow run FILE');

  const compiled = await compileFile(terminal, file);
  printDiagnostics(terminal, [compiled], { json: options.json === true });
  if (compiled.plan === undefined) return exitCodes.usage;
  const resolved = resolveInputs(compiled.plan, parsePairs('--input', options.input));
  if ('errors' in resolved) return refuse(terminal, { ...compiled, diagnostics: resolved.errors }, options);

  await using opened = openEngine(terminal, { ...options, workflow: file });
  const handle = await opened.engine.start({
    plan: compiled.plan,
    tenant: 'default',
    inputs: resolved.inputs,
    vars: parsePairs('--var', options.var),
    secrets,
    settings: opened.settings,
  });
  return await follow(terminal, {
    handle,
    plan: compiled.plan,
    source: compiled.text.split('\n'),
    json: options.json === true,
  });
}

async function resumeRun(
  terminal: Terminal,
  text: string,
  options: RunOptions & { readonly secrets: Readonly<Record<string, string>> },
): Promise<number> {
  const id = parseRunId(text);
  if (id === undefined)
    throw usageError(
      `${JSON.stringify(text)} is not a run's id`,
      'ids look like run-01h…; `waterflow run` prints one first',
    );
  await using opened = openEngine(terminal, options);
  const handle = await opened.engine.resume(id, options.secrets);
  const plan = opened.plan();
  const source = await readFile(plan.file, 'utf8').catch(() => '');
  return await follow(terminal, { handle, plan, source: source.split('\n'), json: options.json === true });
}

function refuse(
  terminal: Terminal,
  compiled: { readonly file: string; readonly text: string; readonly diagnostics: readonly Diagnostic[] },
  options: RunOptions,
): number {
  printDiagnostics(terminal, [compiled], { json: options.json === true });
  return exitCodes.usage;
}

interface Followed {
  readonly handle: RunHandle;
  readonly plan: Plan;
  readonly source: readonly string[];
  readonly json: boolean;
}

async function follow(terminal: Terminal, { handle, plan, source, json }: Followed): Promise<number> {
  const reporter = createReporter(terminal, { json });
  const interrupts = watchInterrupts(terminal, handle, reporter);
  let summary: RunSummary | undefined;
  try {
    // A machinery failure ends the notices and rejects `finished`; it is awaited below in any case.
    handle.finished.catch(() => {});
    for await (const notice of handle.notices) {
      reporter.notice(notice);
      await terminal.stdout.ready();
    }
    summary = await handle.finished;
  } finally {
    reporter.end(summary);
    interrupts.stop();
  }
  if (!json) terminal.stdout.write(`\n${renderSummary(summary, { plan, source, colours: terminal.stdout.colours })}`);
  if (interrupts.seen()) return exitCodes.interrupted;
  return summary.status === 'success' ? exitCodes.ok : exitCodes.failed;
}

function createReporter(terminal: Terminal, options: { readonly json: boolean }): Reporter {
  if (options.json) return createJsonReporter(terminal.stdout, terminal.stderr);
  if (!terminal.stdout.interactive) return createPlainReporter(terminal.stdout, terminal.stderr);
  return createTreeReporter({ stdout: terminal.stdout, now: terminal.now, every: terminal.every });
}

/** Ctrl-C once cancels in order (`always()` steps run), twice kills. */
function watchInterrupts(
  terminal: Terminal,
  handle: RunHandle,
  reporter: Reporter,
): { readonly seen: () => boolean; readonly stop: () => void } {
  let count = 0;
  const stop = terminal.onInterrupt((signal) => {
    count += 1;
    if (count === 1) {
      reporter.message(`${signal}: cancelling in order; press Ctrl-C again to kill what still runs`);
      handle.cancel(`${signal} from the terminal`);
    } else if (count === 2) {
      reporter.message(`${signal} again: killing`);
      void handle.kill();
    }
  });
  return { seen: () => count > 0, stop };
}
