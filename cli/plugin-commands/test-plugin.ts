import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import { parseSecrets } from '../commands/pairs.ts';
import { openSupervisor } from '../composition/supervisor.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readCaseFiles } from './case-files.ts';
import { caseJson, caseLines, isFailed, summaryLine } from './case-report.ts';
import { rewriteCases } from './case-rewrite.ts';
import { findTriedPlugin, type RanCase, runCases } from './case-runner.ts';

/** `waterflow plugin test`'s options. */
export interface PluginTestOptions {
  readonly case?: string;
  readonly real?: boolean;
  readonly update?: boolean;
  readonly record?: boolean;
  readonly secret: readonly string[];
  readonly policy?: string;
  readonly json?: boolean;
}

/** Runs the cases of a plugin, each in the plugin's sandbox. Exit 1 where one fails, 2 where there is none or one is wrong. */
export async function testPlugin(terminal: Terminal, name: string, options: PluginTestOptions): Promise<number> {
  const tried = await findTriedPlugin(terminal, name);
  const read = readCaseFiles(tried.plugin.folder, terminal.cwd);
  if ('wrong' in read) {
    printDiagnostics(terminal, read.wrong, { json: options.json === true });
    return exitCodes.usage;
  }
  const cases = read.cases.filter((one) => one.name.includes(options.case ?? ''));
  if (cases.length === 0) throw noCases(tried.plugin.folder, options.case);
  const cancel = new AbortController();
  const stop = terminal.onInterrupt(() => cancel.abort('cancelled'));
  await using supervisor = await openSupervisor(terminal);
  const settings = {
    real: options.real === true || options.record === true,
    policy: options.policy,
    secrets: parseSecrets(options.secret, terminal.env),
  };
  const over = (ran: RanCase): void => {
    if (options.json !== true) terminal.stdout.write(`${caseLines(ran, terminal.stdout).join('\n')}\n`);
  };
  const ran = await runCases(terminal, { tried, supervisor, settings, signal: cancel.signal }, { cases, over });
  stop();
  if (cancel.signal.aborted) return exitCodes.interrupted;
  const { update = false, record = false } = options;
  const rewritten = rewriteCases(read.files, ran, { update, record });
  report(terminal, { ran, rewritten }, options);
  return ran.some((done) => isFailed(done) && !rewritten.includes(done)) ? exitCodes.failed : exitCodes.ok;
}

function report(
  terminal: Terminal,
  { ran, rewritten }: { readonly ran: readonly RanCase[]; readonly rewritten: readonly RanCase[] },
  options: PluginTestOptions,
): void {
  if (options.json === true) {
    const passed = !ran.some(isFailed);
    terminal.stdout.write(`${plainJson({ passed, cases: ran.map(caseJson) })}\n`);
    return;
  }
  terminal.stdout.write(`\n${summaryLine(ran)}\n`);
  for (const { one } of rewritten) terminal.stdout.write(`${plainLine(`${one.file}: ${one.name}: written anew`)}\n`);
}

function noCases(folder: AbsolutePath, part: string | undefined): Error {
  return part === undefined
    ? usageError(
        `${folder} has no cases`,
        'Write tests/NAME.yaml or plugin.test.yaml there; docs/plugin-authoring.md shows the form.',
      )
    : usageError(`no case has ${JSON.stringify(part)} in its name`, 'Leave --case out to run all of them.');
}
