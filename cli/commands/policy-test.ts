import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CaseResult, type CasesReport, readCases, runCases } from '../../runtime/policy/cases/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { createStyle, type Style } from '../report/style.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { printErrors, readNamedFile, readPolicyFile } from './policy-file.ts';

/** Asks a policy about the calls of a file of cases. Exit 1 where it says something else than it should. */
export async function testPolicyFile(
  terminal: Terminal,
  files: { readonly policy: string; readonly cases: string },
  options: { readonly json?: boolean },
): Promise<number> {
  const read = readPolicyFile(terminal, files.policy, options);
  if (read === undefined) return exitCodes.usage;
  const text = readNamedFile(terminal, files.cases, 'the file of cases');
  const folder = dirname(resolve(terminal.cwd, files.cases));
  const cases = readCases(text, {
    file: files.cases,
    readFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
  });
  if ('errors' in cases) {
    printErrors(terminal, { text, errors: cases.errors }, options);
    return exitCodes.usage;
  }
  const report = runCases(read.policy, cases.cases);
  const passed = report.cases.every((result) => result.passed);
  if (options.json) terminal.stdout.write(`${plainJson({ passed, ...report })}\n`);
  else terminal.stdout.write(render(report, files, createStyle({ colours: terminal.stdout.colours })));
  return passed ? exitCodes.ok : exitCodes.failed;
}

function render(
  { cases, untested }: CasesReport,
  files: { readonly policy: string; readonly cases: string },
  style: Style,
): string {
  const failed = cases.filter(({ passed }) => !passed).length;
  const lines = [
    ...cases.flatMap((result) => renderCase(result, files.cases, style)),
    '',
    `${countText(cases.length, 'case')}: ${cases.length - failed} passed, ${failed} failed`,
    ...untested.map(({ line, plugin }) => `no case is about the rule at ${files.policy}:${line} (plugin: ${plugin})`),
  ];
  return `${lines.join('\n')}\n`;
}

function renderCase(result: CaseResult, file: string, style: Style): readonly string[] {
  const { name, passed, decision, expected, because, rules, expected_rule: rule } = result;
  const by = rules.length === 0 ? '' : ` by line ${rules.join(', ')}`;
  const status = passed ? 'success' : 'failure';
  const head = `${style.symbol(status)} ${plainLine(name)}: ${decision}${by}`;
  if (passed) return [head];
  const wrong = decision === expected ? `line ${rule} should have decided` : `it should be ${expected}`;
  return [
    style.status(status, head),
    `    ${plainLine(file)}:${result.line}: ${wrong}`,
    ...because.map((why) => `    ${plainLine(why)}`),
  ];
}
