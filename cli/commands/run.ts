import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { allPlans, resolveInputs } from '../../dsl/index.ts';
import type { RunSummary } from '../../engine/port.ts';
import { parseRunId, type Plan } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openEngine } from '../composition/engine.ts';
import { openPolicy } from '../composition/policy.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderSummary } from '../report/summary.ts';
import type { Terminal } from '../terminal.ts';
import { checkApprovals } from './approvals.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { follow, type Followed } from './follow.ts';
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
  if (options.resume !== undefined) return await resumeRun(terminal, options.resume, { ...options, file });
  if (file === undefined) throw usageError('no workflow file', 'Name one: waterflow run FILE.');
  const secrets = parseSecrets(options.secret, terminal.env);
  const given = parsePairs('--input', options.input);
  const vars = parsePairs('--var', options.var);

  const compiled = await compileFile(terminal, file);
  const json = options.json === true;
  // In NDJSON the run's id comes first, and the warnings of a file that runs after it.
  if (compiled.plan === undefined || !json) printDiagnostics(terminal, [compiled], { json });
  if (compiled.plan === undefined) return exitCodes.usage;
  const resolved = resolveInputs(compiled.plan, given);
  if ('errors' in resolved) {
    printDiagnostics(terminal, [{ ...compiled, diagnostics: resolved.errors }], { json });
    return exitCodes.usage;
  }
  const workflowFolder = dirname(resolve(terminal.cwd, file));
  const unused = checkApprovals(options.approve, { plan: compiled.plan, cwd: terminal.cwd, workflowFolder });
  if (unused !== undefined) throw unused;
  // The executor opens it again; a run that it would keep from starting leaves nothing behind.
  openPolicy(terminal, options.policy);

  await using opened = openEngine(terminal, { ...options, workflow: file });
  const handle = await opened.engine.start({
    plan: compiled.plan,
    tenant: 'default',
    inputs: resolved.inputs,
    vars,
    secrets,
    settings: opened.settings,
  });
  return await show(
    terminal,
    { handle, plan: compiled.plan, json, warnings: compiled.diagnostics },
    { sources: new Map([[file, compiled.text], ...(compiled.called ?? [])]), state: options.state },
  );
}

async function resumeRun(
  terminal: Terminal,
  text: string,
  options: RunOptions & { readonly file: string | undefined },
): Promise<number> {
  const id = parseRunId(text);
  if (id === undefined) {
    throw usageError(
      `${JSON.stringify(text)} is not a run's id`,
      'Ids look like run-01h…; `waterflow run` prints one first.',
    );
  }
  if (options.file !== undefined || options.input.length > 0 || options.var.length > 0) {
    throw usageError(
      'a resumed run keeps its workflow file, inputs and vars',
      `Write waterflow run --resume ${id}, with --secret for each secret that it was started with.`,
    );
  }
  await using opened = openEngine(terminal, options);
  const handle = await opened.engine.resume(id, parseSecrets(options.secret, terminal.env));
  const { plan } = handle;
  const sources = await readSources(terminal, plan);
  return await show(
    terminal,
    { handle, plan, json: options.json === true, warnings: [] },
    { sources, state: options.state },
  );
}

/** The texts that the plan was made from, without those of files that are elsewhere or others by now. */
async function readSources(terminal: Terminal, plan: Plan): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  for (const { file, source } of allPlans(plan)) {
    const bytes = await readFile(resolve(terminal.cwd, file)).catch(() => undefined);
    const digest = bytes === undefined ? '' : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (bytes !== undefined && digest === source) sources.set(file, bytes.toString('utf8'));
  }
  return sources;
}

/** Follows a run to its end, then prints the summary where it isn't a notice already. */
async function show(
  terminal: Terminal,
  followed: Followed,
  options: { readonly sources: ReadonlyMap<string, string>; readonly state: string | undefined },
): Promise<number> {
  const { summary, record, interrupted } = await follow(terminal, followed);
  if (!followed.json) {
    const state = options.state === undefined ? '' : ` --state ${options.state}`;
    const text = renderSummary(summary, {
      plan: followed.plan,
      sources: new Map(Array.from(options.sources, ([name, source]) => [name, source.split('\n')])),
      record,
      auditCommand: `waterflow audit verify ${summary.run}${state}`,
      colours: terminal.stdout.colours,
    });
    terminal.stdout.write(`\n${text}`);
  }
  return exitCodeOf(summary, { interrupted });
}

function exitCodeOf(summary: RunSummary, options: { readonly interrupted: boolean }): number {
  // A signal that came when everything had been done changed nothing.
  if (summary.status === 'success') return exitCodes.ok;
  return options.interrupted ? exitCodes.interrupted : exitCodes.failed;
}
