import { renderDiagnostic } from '../../dsl/index.ts';
import type { Diagnostic } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';

/** Prints each diagnostic: with its source line and a caret for people on stderr, as JSON lines on stdout with --json. */
export function printDiagnostics(
  terminal: Terminal,
  files: readonly { readonly text: string; readonly diagnostics: readonly Diagnostic[] }[],
  options: { readonly json: boolean },
): void {
  for (const { text, diagnostics } of files) {
    for (const diagnostic of diagnostics) {
      if (options.json) terminal.stdout.write(`${JSON.stringify({ type: 'diagnostic', ...diagnostic })}\n`);
      else terminal.stderr.write(`${renderDiagnostic(diagnostic, text)}\n\n`);
    }
  }
}
