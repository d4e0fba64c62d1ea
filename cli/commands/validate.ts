import { WaterflowFailure } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { type CompiledFile, compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';

/** Checks workflow files: every problem of every file, then a line for each file. Exit 2 where one has an error. */
export async function validate(
  terminal: Terminal,
  files: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  const checked: CompiledFile[] = [];
  for (const file of files) checked.push(await check(terminal, file));
  const valid = checked.every(({ plan }) => plan !== undefined);
  if (options.json) {
    const diagnostics = checked.flatMap((file) => file.diagnostics);
    terminal.stdout.write(`${JSON.stringify({ valid, diagnostics }, null, 2)}\n`);
  } else {
    printDiagnostics(terminal, checked, { json: false });
    for (const { file, diagnostics } of checked) {
      const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
      const warnings = diagnostics.length - errors;
      const verdict = errors === 0 ? 'valid' : count(errors, 'error');
      terminal.stdout.write(`${file}: ${verdict}${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}\n`);
    }
  }
  return valid ? exitCodes.ok : exitCodes.usage;
}

/** A file that can't be read is one problem among those of the others. */
async function check(terminal: Terminal, file: string): Promise<CompiledFile> {
  try {
    return await compileFile(terminal, file);
  } catch (error) {
    if (!(error instanceof WaterflowFailure)) throw error;
    return { file, text: '', diagnostics: [{ ...error.error, severity: 'error' }] };
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
