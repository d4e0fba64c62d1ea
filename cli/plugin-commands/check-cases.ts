import type { PluginCase } from '../../agent/plugin-cases/index.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import type { Diagnostic } from '../../schemas/index.ts';
import { countText, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { isFailed } from './case-report.ts';
import { findTriedPlugin, type RanCase, runCases } from './case-runner.ts';

/** The cases that a check runs. */
export interface CheckedCases {
  /** What the plugin is called on the command line. */
  readonly name: string;
  readonly cases: readonly PluginCase[];
  readonly supervisor: Supervisor;
  readonly policy: string | undefined;
}

/** What running them says. */
export interface FromCases {
  /** Cases that fail. */
  readonly findings: readonly Diagnostic[];
  /** Entries that calls of recorded cases needed; undefined where there are none, or where not all of them pass. */
  readonly needed: ReadonlySet<string> | undefined;
}

/** Runs the recorded cases of a plugin that nothing else is wrong with; says on stderr why they don't tell which permissions are needed. */
export async function checkCases(
  terminal: Terminal,
  { name, cases, supervisor, policy }: CheckedCases,
): Promise<FromCases> {
  const note = (words: string): void => terminal.stderr.write(`${plainLine(words)}\n`);
  const saysNothing = 'so nothing says which of the permissions are needed';
  if (cases.length === 0) {
    note(`there are no cases in ${name}/tests, ${saysNothing}`);
    return { findings: [], needed: undefined };
  }
  const ran = await runRecorded(terminal, { name, cases, supervisor, policy });
  const recorded = ran.filter(({ result }) => result !== undefined);
  const failed = recorded.filter(isFailed);
  const left = ran.length - recorded.length;
  const leftOut = `${countText(left, 'case')} with \`host: real\` ${left === 1 ? 'was' : 'were'} left out`;
  const findings = failed.map((one) => failedCase(one, name));
  if (failed.length > 0) {
    note(`${countText(failed.length, 'case')} of ${ran.length} failed, ${saysNothing}`);
    if (left > 0) note(leftOut);
    return { findings, needed: undefined };
  }
  if (recorded.length === 0) {
    note(`${leftOut}, and no other is there, ${saysNothing}`);
    return { findings, needed: undefined };
  }
  if (left > 0) note(`${leftOut}: which permissions are needed is what the recorded ones say`);
  return { findings, needed: new Set(recorded.flatMap(({ result }) => [...(result?.used ?? [])])) };
}

async function runRecorded(
  terminal: Terminal,
  { name, cases, supervisor, policy }: CheckedCases,
): Promise<readonly RanCase[]> {
  const tried = await findTriedPlugin(terminal, name);
  const cancel = new AbortController();
  const stop = terminal.onInterrupt(() => cancel.abort('cancelled'));
  try {
    const settings = { real: false, policy, secrets: {}, privatePlaces: [] };
    const run = { tried, supervisor, settings, signal: cancel.signal };
    return await runCases(terminal, run, { cases, over: () => {} });
  } finally {
    stop();
  }
}

/** A case that was run and isn't as it says, at the first thing that is wrong with it. */
function failedCase({ one, result }: RanCase, name: string): Diagnostic {
  const [first, ...others] = result?.problems ?? [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return {
    code: 'PLUGIN_CASE_FAILED',
    severity: 'error',
    message: `the case \`${one.name}\` fails: ${first?.message ?? 'it came out otherwise'}${more}`,
    remedy: `Correct the plugin or the case; \`waterflow plugin test ${name}\` shows what came, with all calls.`,
    file: one.file,
    line: first?.line ?? one.line,
    column: 1,
  };
}
