import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Policy, readPolicy } from '../../runtime/policy/index.ts';
import { type Diagnostic, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { printDiagnostics } from './diagnostics.ts';

/** A file that a command was given, by the name that it was given. */
export function readNamedFile(terminal: Pick<Terminal, 'cwd'>, file: string, what: string): string {
  try {
    return readFileSync(resolve(terminal.cwd, file), 'utf8');
  } catch (cause) {
    const error: WaterflowError = {
      code: 'FILE_NOT_READABLE',
      message: `${what} ${file} can't be read`,
      remedy: 'Check the path and its permissions.',
      file,
    };
    throw new WaterflowFailure(error, { cause });
  }
}

/** The policy, or undefined where it is wrong; then all that is wrong was printed. */
export function readPolicyFile(
  terminal: Terminal,
  file: string,
  options: { readonly json?: boolean },
): { readonly policy: Policy; readonly text: string } | undefined {
  const text = readNamedFile(terminal, file, 'the policy');
  const read = readPolicy(text, file);
  if ('policy' in read) return { policy: read.policy, text };
  printErrors(terminal, { text, errors: read.errors }, options);
  return undefined;
}

/** Prints what is wrong with a file that can't be used. */
export function printErrors(
  terminal: Terminal,
  { text, errors }: { readonly text: string; readonly errors: readonly WaterflowError[] },
  options: { readonly json?: boolean },
): void {
  const diagnostics = errors.map((error): Diagnostic => ({ ...error, severity: 'error' }));
  printDiagnostics(terminal, [{ text, diagnostics }], { json: options.json === true });
}
