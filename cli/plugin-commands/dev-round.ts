import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildRecordFile, readPluginManifest } from '../../runtime/manifest/index.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import { runPlugin } from '../commands/plugin-run.ts';
import { builtInPlugins, forgetPlugins, openPlugins } from '../composition/plugins.ts';
import { buildPlugin, isBuildable } from '../plugin-build/build-plugin.ts';
import { writeBuild } from '../plugin-build/write-build.ts';
import { templatesFolder } from '../plugin-new/templates.ts';
import { refreshTypes } from '../plugin-types/write-types.ts';
import { formatDuration, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readCaseFiles } from './case-files.ts';
import { callLines, caseJson, caseLines, isFailed, summaryLine } from './case-report.ts';
import { findTriedPlugin, type RanCase, runCases } from './case-runner.ts';
import { checkPluginFolder } from './check-plugin.ts';

/** What is done after each change. */
export interface DevWork {
  readonly folder: AbsolutePath;
  /** As the command line names it. */
  readonly name: string;
  /** Inputs of an example, `name=value`; the cases are run where there are none. */
  readonly inputs: readonly string[];
  readonly secrets: readonly string[];
  readonly approve: readonly string[];
  readonly grant: readonly string[];
  readonly allowPrivate: readonly string[];
  readonly case: string;
  readonly policy: string | undefined;
  /** For programs: an object a line, of what was found, built and run, and of the round when it is over. */
  readonly json: boolean;
}

/** What rounds share. */
export interface DevParts {
  readonly supervisor: Supervisor;
  readonly globals: ReadonlySet<string>;
  /** Aborted where something changed again, or the command ends. */
  readonly signal: AbortSignal;
  /** Told of what a build writes, absolute paths: no change of an author's. */
  readonly wrote: (paths: readonly string[]) => void;
}

/** Checks the plugin, builds it where it is built, and runs its cases or the example; prints what came of each. */
export async function devRound(terminal: Terminal, work: DevWork, parts: DevParts): Promise<void> {
  const startedAt = terminal.now();
  const emit = (event: JsonObject, text: string): void =>
    terminal.stdout.write(`${work.json ? plainJson(event) : plainLine(text)}\n`);
  forgetPlugins(terminal);
  refreshTypes(terminal, work.folder);
  const isRight = await check(terminal, work, parts);
  if (!isRight || parts.signal.aborted) return;
  await build(terminal, { ...work, emit }, parts);
  if (parts.signal.aborted) return;
  const ran =
    work.inputs.length > 0 ? await runExample(terminal, work, parts) : await runAllCases(terminal, work, parts);
  if (parts.signal.aborted) return;
  const duration_ms = terminal.now() - startedAt;
  emit({ type: 'round', ran, duration_ms }, `${ran} in ${formatDuration(duration_ms)}`);
}

/** Whether nothing is wrong that keeps the plugin from running. */
async function check(terminal: Terminal, { folder, json }: DevWork, { globals }: DevParts): Promise<boolean> {
  const { builtInNames } = openPlugins(terminal, []);
  const parts = { cwd: terminal.cwd, builtInNames, builtInFolder: builtInPlugins, templatesFolder };
  const powers = { ...parts, globals, needed: undefined };
  const { diagnostics, texts } = await checkPluginFolder(folder, powers);
  // What is unusual is for `plugin check`: here it would stand above every run.
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  printDiagnostics(terminal, [{ text: '', diagnostics: errors, called: texts }], { json });
  return errors.every(({ code }) => code !== 'PLUGIN_INVALID');
}

/** A plugin that runs from its source isn't built, unless its author has begun to. */
async function build(
  { env }: Terminal,
  { folder, emit }: DevWork & { readonly emit: (event: JsonObject, text: string) => void },
  { wrote }: DevParts,
): Promise<void> {
  const read = readPluginManifest(folder);
  if ('errors' in read) return;
  const isBuilt = read.manifest.runtime === 'wasm' || existsSync(join(folder, buildRecordFile));
  if (!isBuilt || !isBuildable(folder)) return;
  const { build: made, files } = await buildPlugin(folder, { env });
  wrote([...files.keys()].map((path) => join(folder, path)));
  writeBuild(folder, files);
  for (const warning of made.warnings) emit({ type: 'warning', message: warning }, `warning: ${warning}`);
  const bytes = made.bytes.byteLength;
  emit({ type: 'built', output: made.output, bytes }, `built ${made.output}, ${bytes} bytes`);
}

async function runExample(terminal: Terminal, work: DevWork, { supervisor, signal }: DevParts): Promise<string> {
  const { inputs: input, secrets: secret, approve, grant, allowPrivate, policy, json } = work;
  const options = { input, secret, approve, grant, allowPrivate, json, ...(policy === undefined ? {} : { policy }) };
  await runPlugin(terminal, work.folder, options, { supervisor, signal });
  return 'ran the example';
}

async function runAllCases(terminal: Terminal, work: DevWork, parts: DevParts): Promise<string> {
  const known = readPluginManifest(work.folder);
  // It was looked at before; it may have changed since.
  if ('errors' in known) return 'looked at the manifest';
  const read = readCaseFiles({ folder: work.folder, manifest: known.manifest }, terminal.cwd);
  if ('wrong' in read) {
    printDiagnostics(terminal, read.wrong, { json: work.json });
    return 'looked at the cases';
  }
  const cases = read.cases.filter(({ name }) => name.includes(work.case));
  if (cases.length === 0) return 'no cases (tests/*.yaml); give --input NAME=VALUE to run an example';
  const tried = await findTriedPlugin(terminal, work.folder);
  const settings = { real: false, policy: work.policy, secrets: {}, privatePlaces: [] };
  const over = (done: RanCase): void => {
    if (work.json) {
      terminal.stdout.write(`${plainJson({ type: 'case', ...caseJson(done) })}\n`);
      return;
    }
    const calls =
      done.result === undefined || isFailed(done) ? [] : callLines(done.result).map((line) => `    ${line}`);
    terminal.stdout.write(`${[...caseLines(done, terminal.stdout), ...calls].join('\n')}\n`);
  };
  return summaryLine(await runCases(terminal, { tried, settings, ...parts }, { cases, over }));
}
