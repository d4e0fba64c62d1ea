import { renderDiagnostic } from '../../dsl/index.ts';
import type { Diagnostic } from '../../schemas/index.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** A file with what is wrong with it, and with the files that it calls, whose texts are in `called` by name. */
export interface DiagnosedFile {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly called?: ReadonlyMap<string, string>;
}

/** Prints each diagnostic: with its source line and a caret for people on stderr, as JSON lines on stdout with --json. */
export function printDiagnostics(
  terminal: Terminal,
  files: readonly DiagnosedFile[],
  options: { readonly json: boolean },
): void {
  for (const { text, diagnostics, called } of files) {
    for (const diagnostic of diagnostics) {
      if (options.json) terminal.stdout.write(`${plainJson({ type: 'diagnostic', ...diagnostic })}\n`);
      else terminal.stderr.write(`${renderDiagnostic(diagnostic, called?.get(diagnostic.file ?? '') ?? text)}\n\n`);
    }
  }
}
