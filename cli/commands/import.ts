import { dirname, resolve } from 'node:path';
import { type ImportEntry, importWorkflow } from '../../dsl/import/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { calledFiles } from './called-files.ts';
import { printDiagnostics } from './diagnostics.ts';
import { readFileBytes } from './read-file.ts';
import { writeText } from './write-file.ts';

/** `waterflow import`'s options. */
export interface ImportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/**
 * Prints a workflow of GitHub Actions as one of Waterflow, or writes it to --out, and lists on stderr what isn't as it was. Exit 1 where
 * something needs hands, 2 where the file can't be read.
 */
export async function importFile(terminal: Terminal, file: string, options: ImportOptions): Promise<number> {
  const bytes = await readFileBytes(terminal, file, 'Name a workflow file of GitHub Actions that you may read.');
  // resolve() gives an absolute path, so its folder is one.
  const folder = dirname(resolve(terminal.cwd, options.out ?? file)) as AbsolutePath;
  const result = importWorkflow(bytes, {
    file: options.out ?? file,
    catalogue: openPlugins(terminal, []).nodes(folder),
    readWorkflow: calledFiles(folder),
  });
  if ('unreadable' in result) {
    const diagnostics = result.unreadable.map((diagnostic) => ({ ...diagnostic, file }));
    printDiagnostics(terminal, [{ text: bytes.toString('utf8'), diagnostics }], { json: options.json === true });
    return exitCodes.usage;
  }
  const { workflow, entries, diagnostics, complete } = result;
  if (options.out !== undefined) await writeText(terminal, { file: options.out, existing: 'refuse' }, workflow);
  if (options.json) {
    terminal.stdout.write(`${plainJson({ complete, workflow, entries, diagnostics }, 2)}\n`);
  } else {
    if (options.out === undefined) terminal.stdout.write(workflow);
    for (const entry of entries) terminal.stderr.write(`${lineOf(file, entry)}\n`);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) terminal.stderr.write('\nThe result is not valid yet; lines are those of the result:\n\n');
    printDiagnostics(terminal, [{ text: workflow, diagnostics: errors }], { json: false });
    terminal.stderr.write(`${summaryOf(file, entries, errors.length)}\n`);
  }
  return complete ? exitCodes.ok : exitCodes.failed;
}

function lineOf(file: string, { outcome, path, line, column, message, remedy }: ImportEntry): string {
  const whatToDo = remedy === '' ? '' : `. ${remedy}`;
  // Paths and messages quote the imported file, which may be anybody's.
  return plainLine(`${file}:${line}:${column}: ${outcome}: ${path}: ${message}${whatToDo}`);
}

function summaryOf(file: string, entries: readonly ImportEntry[], errors: number): string {
  const count = (outcome: ImportEntry['outcome']): number =>
    entries.filter((entry) => entry.outcome === outcome).length;
  const invalid = errors === 0 ? '' : `; the result has ${errors} ${errors === 1 ? 'error' : 'errors'}`;
  return `${file}: ${count('changed')} changed, ${count('dropped')} dropped, ${count('todo')} to do${invalid}`;
}
