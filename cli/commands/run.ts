import { dirname, resolve } from 'node:path';
import { resolveInputs } from '../../dsl/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { readArchives } from '../composition/bucket-config.ts';
import { openEngine } from '../composition/engine.ts';
import { openPolicy } from '../composition/policy.ts';
import { localSecrets } from '../composition/secrets.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { approvedDigests, checkApprovals } from './approvals.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { findRun } from './find-run.ts';
import { parsePairs, parseSecrets } from './pairs.ts';
import { readSources, showRun } from './show-run.ts';

/** `waterflow run`'s options, as the command line gives them. */
export interface RunOptions {
  readonly input: readonly string[];
  readonly var: readonly string[];
  readonly secret: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly checkpoints?: string;
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
  const workflowFolder = dirname(resolve(terminal.cwd, file)) as AbsolutePath; // resolve() gives an absolute path.
  const unused = await checkApprovals(terminal, options.approve, { plan: compiled.plan, workflowFolder });
  if (unused !== undefined) throw unused;
  // The executor looks at both again; a run that they would keep from starting leaves nothing behind.
  const policy = openPolicy(terminal, options.policy);

  await using secretsOfAgent = localSecrets(terminal);
  const own = { archives: readArchives(terminal), secrets: secretsOfAgent };
  await using opened = openEngine(terminal, { ...options, ...own, workflow: file });
  await opened.requireConfinement(policy);
  const handle = await opened.engine.start({
    plan: compiled.plan,
    tenant: 'default',
    inputs: resolved.inputs,
    vars,
    secrets,
    settings: opened.settings(
      await approvedDigests(terminal, options.approve, { plan: compiled.plan, workflowFolder }),
    ),
  });
  const followed = { handle, plan: compiled.plan, json, state: options.state, warnings: compiled.diagnostics };
  return await showRun(terminal, followed, new Map([[file, compiled.text], ...(compiled.called ?? [])]));
}

async function resumeRun(
  terminal: Terminal,
  text: string,
  options: RunOptions & { readonly file: string | undefined },
): Promise<number> {
  const id = findRun(openStore(terminal, options.state), text);
  if (options.file !== undefined || options.input.length > 0 || options.var.length > 0) {
    throw usageError(
      'a resumed run keeps its workflow file, inputs and vars',
      `Write waterflow run --resume ${id}, with --secret for each secret that it was started with.`,
    );
  }
  await using secretsOfAgent = localSecrets(terminal);
  const own = { archives: readArchives(terminal), secrets: secretsOfAgent };
  await using opened = openEngine(terminal, { ...options, ...own });
  const handle = await opened.engine.resume(id, parseSecrets(options.secret, terminal.env));
  const { plan } = handle;
  const followed = { handle, plan, json: options.json === true, state: options.state, warnings: [] };
  return await showRun(terminal, followed, await readSources(terminal, plan));
}
