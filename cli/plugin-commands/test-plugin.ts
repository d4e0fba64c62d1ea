import { resolve } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import { parseSecrets } from '../commands/pairs.ts';
import { openSupervisor } from '../composition/supervisor.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeWhole } from '../install/write-whole.ts';
import { collectCoverage, type FileCoverage } from '../plugin-coverage/collect.ts';
import { coveredCode } from '../plugin-coverage/covered-code.ts';
import { coverageJson, coverageLines, lcovText, sharesOf } from '../plugin-coverage/report.ts';
import { refreshTypes } from '../plugin-types/write-types.ts';
import { createStyle } from '../report/style.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readCaseFiles } from './case-files.ts';
import { caseJson, caseLines, isFailed, summaryLine } from './case-report.ts';
import { type Rewritten, rewriteCases } from './case-rewrite.ts';
import { findTriedPlugin, type RanCase, runCases } from './case-runner.ts';
import { tellPrivatePlaces } from './private-places.ts';

/** `waterflow plugin test`'s options. */
export interface PluginTestOptions {
  readonly case?: string;
  readonly real?: boolean;
  readonly update?: boolean;
  readonly record?: boolean;
  readonly secret: readonly string[];
  /** `host:port` each, for this command alone. */
  readonly allowPrivate: readonly string[];
  readonly policy?: string;
  readonly json?: boolean;
  readonly coverage?: boolean;
  readonly lcov?: string;
  /** Percent. */
  readonly minCoverage?: number;
}

/**
 * Runs the cases of a plugin, each in the plugin's sandbox. Exit 1 where one fails or too little of the plugin ran, 2 where there is no case
 * or one is wrong.
 */
export async function testPlugin(terminal: Terminal, name: string, options: PluginTestOptions): Promise<number> {
  const tried = await findTriedPlugin(terminal, name);
  refreshTypes(terminal, tried.plugin.folder);
  const read = readCaseFiles(tried.plugin, terminal.cwd);
  if ('wrong' in read) {
    printDiagnostics(terminal, read.wrong, { json: options.json === true });
    return exitCodes.usage;
  }
  const cases = read.cases.filter((one) => one.name.includes(options.case ?? ''));
  if (cases.length === 0) throw noCases(tried.plugin.folder, options.case);
  const cancel = new AbortController();
  const stop = terminal.onInterrupt(() => cancel.abort('cancelled'));
  const covered = wantsCoverage(options) ? await coveredCode(tried.plugin) : undefined;
  await using opened = await openSupervisor(terminal);
  const collector = covered === undefined ? undefined : collectCoverage(opened, covered);
  const supervisor = collector?.supervisor ?? opened;
  const settings = {
    real: options.real === true || options.record === true,
    policy: options.policy,
    secrets: parseSecrets(options.secret, terminal.env),
    privatePlaces: options.allowPrivate,
  };
  tellPrivatePlaces(terminal, options.allowPrivate);
  const over = (ran: RanCase): void => {
    if (options.json !== true) terminal.stdout.write(`${caseLines(ran, terminal.stdout).join('\n')}\n`);
  };
  const ran = await runCases(terminal, { tried, supervisor, settings, signal: cancel.signal }, { cases, over });
  stop();
  if (cancel.signal.aborted) return exitCodes.interrupted;
  const { update = false, record = false } = options;
  const rewritten = rewriteCases(read.files, ran, { update, record });
  const coverage = await collector?.files();
  report(terminal, { ran, rewritten, coverage }, options);
  const isCovered = coverage === undefined || coversEnough(terminal, coverage, options);
  const written = new Set(rewritten.flatMap(({ done, isWritten }) => (isWritten ? [done] : [])));
  const isPassed = !ran.some((done) => isFailed(done) && !written.has(done));
  return isPassed && isCovered ? exitCodes.ok : exitCodes.failed;
}

function wantsCoverage({ coverage, lcov, minCoverage }: PluginTestOptions): boolean {
  return coverage === true || lcov !== undefined || minCoverage !== undefined;
}

/** Writes the tracefile where one is wanted; says what is too little. */
function coversEnough(
  terminal: Terminal,
  coverage: readonly FileCoverage[],
  { lcov, minCoverage = 0 }: PluginTestOptions,
): boolean {
  if (lcov !== undefined) writeWhole(resolve(terminal.cwd, lcov), lcovText(coverage), { mode: 0o644 });
  const few = Object.entries(sharesOf(coverage)).filter(([, { percent }]) => percent < minCoverage);
  for (const [what, { covered, total, percent }] of few) {
    terminal.stderr.write(
      `${covered} of ${total} ${what} ran: ${percent.toFixed(2)} %, and --min-coverage is ${minCoverage} %\n`,
    );
  }
  return few.length === 0;
}

interface Outcome {
  readonly ran: readonly RanCase[];
  readonly rewritten: readonly Rewritten[];
  readonly coverage: readonly FileCoverage[] | undefined;
}

function report(terminal: Terminal, { ran, rewritten, coverage }: Outcome, options: PluginTestOptions): void {
  if (options.json === true) {
    const passed = !ran.some(isFailed);
    const counted = coverage === undefined ? {} : { coverage: coverageJson(coverage) };
    const recorded = new Map(rewritten.map(({ done, isRecorded }) => [done, isRecorded]));
    const cases = ran.map((done) => ({
      ...caseJson(done),
      ...(options.record === true && done.one.host === 'real' ? { recorded: recorded.get(done) === true } : {}),
    }));
    terminal.stdout.write(`${plainJson({ passed, cases, ...counted })}\n`);
    return;
  }
  terminal.stdout.write(`\n${summaryLine(ran)}\n`);
  if (coverage !== undefined) {
    terminal.stdout.write(`\n${coverageLines(coverage, createStyle(terminal.stdout)).join('\n')}\n`);
  }
  for (const each of rewritten) terminal.stdout.write(`${plainLine(rewrittenText(each))}\n`);
  if (options.record === true && rewritten.length === 0)
    terminal.stderr.write('nothing was recorded: none of these cases has `host: real`\n');
}

function rewrittenText({ done: { one, result }, isWritten, isRecorded }: Rewritten): string {
  const place = `${one.file}: ${one.name}`;
  if (!isWritten)
    return `${place}: not recorded, since it failed; with --update, too, what came is what it expects from now on`;
  if (!isRecorded) return `${place}: written anew`;
  return `${place}: written anew, recorded with ${countText(result?.noted.length ?? 0, 'call')}`;
}

function noCases(folder: AbsolutePath, part: string | undefined): Error {
  return part === undefined
    ? usageError(
        `${folder} has no cases`,
        'Write tests/NAME.yaml or plugin.test.yaml there; docs/plugin-authoring.md shows the form.',
      )
    : usageError(`no case has ${JSON.stringify(part)} in its name`, 'Leave --case out to run all of them.');
}
