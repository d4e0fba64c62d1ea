import { basename, dirname, resolve } from 'node:path';
import { compile } from '../../dsl/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { calledFiles } from '../commands/called-files.ts';
import { readWorkflowFile } from '../commands/compile-file.ts';
import { openPlugins } from '../composition/plugins.ts';
import type { Terminal } from '../terminal.ts';

/** A workflow as it is sent to a server. */
export interface SentWorkflow {
  readonly workflow: string;
  /** Its name, without the folders above it. */
  readonly file: string;
  /** The texts of the workflows that it calls, by their paths. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Reads a workflow file and those that it calls, directly or not. What is wrong with them the server says, whose nodes may be others;
 * called files that are missing here are left to it as well.
 */
export async function readSentWorkflow(terminal: Terminal, file: string): Promise<SentWorkflow> {
  const workflow = await readWorkflowFile(terminal, file);
  const folder = dirname(resolve(terminal.cwd, file)) as AbsolutePath; // resolve() gives an absolute path.
  const read = calledFiles(folder);
  const files: Record<string, string> = {};
  compile(workflow, {
    file,
    catalogue: openPlugins(terminal, []).nodes(folder),
    readWorkflow: (path) => {
      const found = read(path);
      if ('source' in found) files[path] = Buffer.from(found.source).toString('utf8');
      return found;
    },
  });
  return { workflow: workflow.toString('utf8'), file: basename(file), files };
}
