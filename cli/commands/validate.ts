import { resolve } from 'node:path';
import { type Diagnostic, WaterflowFailure } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageVersion } from '../package-root.ts';
import { annotation } from '../report/annotations.ts';
import { sarifLog } from '../report/sarif.ts';
import { countText, plainJson } from '../report/text.ts';
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
  const results: FixedFile[] = [];
  for (const file of files) results.push(await check(terminal, file, options));
  if (options.fix) {
    // What a file calls may have been corrected after it.
    for (const [index, { called, fixed, file }] of results.entries()) {
      if (called !== undefined)
        results[index] = { ...(await check(terminal, file, { ...options, fix: false })), fixed };
    }
  }
  const checked = byFile(terminal, results);
  const diagnostics = checked.flatMap((file) => file.diagnostics);
  const valid = results.every(({ plan }) => plan !== undefined);
  if (options.json) {
    const fixed = options.fix ? { fixed: results.flatMap((file) => file.fixed) } : {};
    terminal.stdout.write(`${plainJson({ valid, diagnostics, ...fixed }, 2)}\n`);
  } else if (options.sarif) {
    const log = sarifLog(diagnostics, { version: packageVersion(import.meta.url), cwd: terminal.cwd });
    terminal.stdout.write(`${plainJson(log, 2)}\n`);
    terminal.stderr.write(fixReport(results));
  } else if (options.github) {
    for (const diagnostic of diagnostics) terminal.stdout.write(`${annotation(diagnostic)}\n`);
    terminal.stderr.write(fixReport(results));
  } else printForPeople(terminal, { checked, results }, options);
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

/** A file that was named, or that one of those calls, with what is wrong in it alone. */
interface CheckedFile {
  readonly file: string;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  /** It was named, so that it is this command's to correct. */
  readonly isNamed: boolean;
}

/** Each file once, those that were named first; what is wrong in a called file is said once, however many call it. */
function byFile(terminal: Terminal, results: readonly FixedFile[]): readonly CheckedFile[] {
  const files = new Map<string, CheckedFile>();
  const add = (file: Omit<CheckedFile, 'diagnostics'>, diagnostics: readonly Diagnostic[]): void => {
    const identity = resolve(terminal.cwd, file.file);
    const known = files.get(identity);
    const before = known?.diagnostics ?? [];
    // What is in order for one caller may lie too deep, or in a circle, for another.
    const others = diagnostics.filter((one) => !before.some((other) => isSame(one, other)));
    files.set(identity, { ...(known ?? file), diagnostics: [...before, ...others] });
  };
  for (const { file, text, diagnostics, called } of results) {
    const own = diagnostics.filter((one) => called?.has(one.file ?? '') !== true);
    add({ file, text, isNamed: true }, own);
  }
  for (const { diagnostics, called } of results) {
    for (const [file, text] of called ?? []) {
      const own = diagnostics.filter((one) => one.file === file);
      add({ file, text, isNamed: false }, own);
    }
  }
  return [...files.values()];
}

function isSame(one: Diagnostic, other: Diagnostic): boolean {
  return (
    one.line === other.line && one.column === other.column && one.code === other.code && one.message === other.message
  );
}

interface Checked {
  readonly checked: readonly CheckedFile[];
  readonly results: readonly FixedFile[];
}

function printForPeople(terminal: Terminal, { checked, results }: Checked, options: ValidateOptions): void {
  printDiagnostics(terminal, checked, { json: false });
  const fixable = checked.flatMap(({ diagnostics, isNamed }) =>
    isNamed ? diagnostics.filter(({ fix }) => fix !== undefined) : [],
  );
  if (fixable.length > 0 && !options.fix)
    terminal.stderr.write(`${fixable.length} of these can be corrected by --fix\n\n`);
  terminal.stdout.write(fixReport(results));
  for (const { file, diagnostics, isNamed } of checked) {
    if (!isNamed && diagnostics.length === 0) continue;
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    const verdict = errors === 0 ? 'valid' : countText(errors, 'error');
    const called = isNamed ? '' : ' (called)';
    terminal.stdout.write(
      `${file}${called}: ${verdict}${warnings === 0 ? '' : `, ${countText(warnings, 'warning')}`}\n`,
    );
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
