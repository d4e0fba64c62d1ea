import type { WaterflowError } from '../schemas/index.ts';
import { WaterflowFailure } from '../schemas/index.ts';
import { exitCodeFor, exitCodes } from './exit-codes.ts';
import { errorsOf } from './failures.ts';
import { renderError } from './report/error.ts';
import { createStyle } from './report/style.ts';
import { plainJson } from './report/text.ts';
import type { Terminal } from './terminal.ts';

/** How a command prints its errors: as JSON on stdout where the user asked for JSON, else as text on stderr. */
export function reportError(terminal: Terminal, error: WaterflowError, options: { readonly json?: boolean }): number {
  if (options.json) terminal.stdout.write(`${plainJson({ type: 'error', ...error })}\n`);
  else terminal.stderr.write(`${renderError(error, createStyle({ colours: terminal.stderr.colours })).join('\n')}\n`);
  return exitCodeFor(error);
}

/** Runs a command's body; an error value becomes a message and an exit code, anything else a bug report. */
export async function guarded(
  terminal: Terminal,
  options: { readonly json?: boolean },
  body: () => Promise<number>,
): Promise<number> {
  try {
    return await body();
  } catch (thrown) {
    const error = firstOf(thrown);
    if (error instanceof WaterflowFailure) {
      for (const each of errorsOf(error)) reportError(terminal, each, options);
      return exitCodeFor(error.error);
    }
    reportError(terminal, internalError(error), options);
    if (terminal.env['WATERFLOW_DEBUG'] !== undefined && error instanceof Error)
      terminal.stderr.write(`${error.stack}\n`);
    return exitCodes.machinery;
  }
}

/** What went wrong first, where putting things away failed because of it. */
function firstOf(thrown: unknown): unknown {
  return thrown instanceof SuppressedError ? firstOf(thrown.suppressed) : thrown;
}

function internalError(error: unknown): WaterflowError {
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    remedy:
      'This is a bug in Waterflow: run again with WATERFLOW_DEBUG=1 for the stack, and report it with the workflow file.',
  };
}

/** A wrong command line. */
export function usageError(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'USAGE', message, remedy });
}
