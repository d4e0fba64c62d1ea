import { type Diagnostic, WaterflowFailure } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageVersion } from '../package-root.ts';
import { annotation } from '../report/annotations.ts';
import { sarifLog } from '../report/sarif.ts';
import type { Terminal } from '../terminal.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { type FixedFile, fixFile } from './fix-file.ts';

/** The forms exclude each other; none of them is the one for people. */
interface ValidateOptions {
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly github?: boolean;
  readonly fix?: boolean;
  /** The queues that agents have served; undefined where the user didn't say. */
  readonly queues?: readonly string[];
}

/** Checks workflow files: every problem of every file, in one of four forms. Exit 2 where one has an error. */
export async function validate(
  terminal: Terminal,
  files: readonly string[],
  options: ValidateOptions,
): Promise<number> {
  const checked: FixedFile[] = [];
  for (const file of files) checked.push(await check(terminal, file, options));
  const diagnostics = checked.flatMap((file) => file.diagnostics);
  const valid = checked.every(({ plan }) => plan !== undefined);
  if (options.json) {
    const fixed = options.fix ? { fixed: checked.flatMap((file) => file.fixed) } : {};
    terminal.stdout.write(`${JSON.stringify({ valid, diagnostics, ...fixed }, null, 2)}\n`);
  } else if (options.sarif) {
    const log = sarifLog(diagnostics, { version: packageVersion(import.meta.url), cwd: terminal.cwd });
    terminal.stdout.write(`${JSON.stringify(log, null, 2)}\n`);
    terminal.stderr.write(fixReport(checked));
  } else if (options.github) {
    for (const diagnostic of diagnostics) terminal.stdout.write(`${annotation(diagnostic)}\n`);
    terminal.stderr.write(fixReport(checked));
  } else printForPeople(terminal, checked, options);
  return valid ? exitCodes.ok : exitCodes.usage;
}

/** A file that can't be read, or not be written, is one problem among those of the others. */
async function check(terminal: Terminal, file: string, options: ValidateOptions): Promise<FixedFile> {
  try {
    const known = options.queues === undefined ? {} : { knownQueues: options.queues };
    if (options.fix) return await fixFile(terminal, file, known);
    return { ...(await compileFile(terminal, file, known)), fixed: [] };
  } catch (error) {
    if (!(error instanceof WaterflowFailure)) throw error;
    return { file, text: '', diagnostics: [{ ...error.error, severity: 'error' }], fixed: [] };
  }
}

function printForPeople(terminal: Terminal, checked: readonly FixedFile[], options: ValidateOptions): void {
  printDiagnostics(terminal, checked, { json: false });
  const fixable = checked.flatMap(({ diagnostics }) => diagnostics.filter(({ fix }) => fix !== undefined));
  if (fixable.length > 0 && !options.fix)
    terminal.stderr.write(`${fixable.length} of these can be corrected by --fix\n\n`);
  terminal.stdout.write(fixReport(checked));
  for (const { file, diagnostics } of checked) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    const verdict = errors === 0 ? 'valid' : count(errors, 'error');
    terminal.stdout.write(`${file}: ${verdict}${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}\n`);
  }
}

/** A line for each fix that was made. */
function fixReport(checked: readonly FixedFile[]): string {
  return checked.flatMap(({ fixed }) => fixed.map(fixLine)).join('');
}

function fixLine({ code, file, line, column, fix }: Diagnostic): string {
  const what = (fix?.description ?? '').replaceAll(/\p{Cc}/gu, '\uFFFD');
  return `${(file ?? '').replaceAll(/\p{Cc}/gu, '\uFFFD')}:${line}:${column}: fixed ${code}: ${what}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
