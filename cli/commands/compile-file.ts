import { dirname, resolve } from 'node:path';
import type { CompileOptions, CompileResult } from '../../dsl/api.ts';
import { compile } from '../../dsl/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { openPlugins } from '../composition/plugins.ts';
import type { Terminal } from '../terminal.ts';
import { calledFiles } from './called-files.ts';
import { readFileBytes } from './read-file.ts';

/** A workflow file as read, with its text for carets. */
export interface CompiledFile extends CompileResult {
  readonly file: string;
  readonly text: string;
}

/** What is known of where the workflow will run. */
export type KnownSurroundings = Pick<CompileOptions, 'knownQueues'>;

/** Reads and compiles a workflow file, and those that it calls, against the nodes that exist here, `./folder` plugins beside it included. */
export async function compileFile(
  terminal: Terminal,
  file: string,
  known: KnownSurroundings = {},
): Promise<CompiledFile> {
  const bytes = await readWorkflowFile(terminal, file);
  return { ...compilerFor(terminal, file, known)(bytes), file, text: bytes.toString('utf8') };
}

/** The bytes of a workflow file. */
export function readWorkflowFile(terminal: Terminal, file: string): Promise<Buffer> {
  return readFileBytes(terminal, file, 'Name a workflow file that exists and that you may read.');
}

/** Compiles what a workflow file holds, or might hold. */
export function compilerFor(
  terminal: Terminal,
  file: string,
  known: KnownSurroundings = {},
): (source: Uint8Array | string) => CompileResult {
  // resolve() gives an absolute path, so its folder is one.
  const workflowFolder = dirname(resolve(terminal.cwd, file)) as AbsolutePath;
  const catalogue = openPlugins(terminal, []).nodes(workflowFolder);
  const readWorkflow = calledFiles(workflowFolder);
  return (source) => compile(source, { file, catalogue, readWorkflow, ...known });
}
