import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';

/** Checks workflow files: every problem of every file, then a line for each file. Exit 2 where one has an error. */
export async function validate(
  terminal: Terminal,
  files: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  const compiled = [];
  for (const file of files) compiled.push(await compileFile(terminal, file));
  const valid = compiled.every(({ plan }) => plan !== undefined);
  if (options.json) {
    const diagnostics = compiled.flatMap((file) => file.diagnostics);
    terminal.stdout.write(`${JSON.stringify({ valid, diagnostics }, null, 2)}\n`);
  } else {
    printDiagnostics(terminal, compiled, { json: false });
    for (const { file, diagnostics } of compiled) {
      const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
      const warnings = diagnostics.length - errors;
      const verdict = errors === 0 ? 'valid' : count(errors, 'error');
      terminal.stdout.write(`${file}: ${verdict}${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}\n`);
    }
  }
  return valid ? exitCodes.ok : exitCodes.usage;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
