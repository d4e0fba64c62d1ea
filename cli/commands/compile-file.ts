import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { compile } from '../../dsl/index.ts';
import type { CompileResult } from '../../dsl/api.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { openPlugins } from '../composition/plugins.ts';
import type { Terminal } from '../terminal.ts';

/** A workflow file as read, with its text for carets. */
export interface CompiledFile extends CompileResult {
  readonly file: string;
  readonly text: string;
}

/** Reads and compiles a workflow file against the nodes that exist here, `./folder` plugins beside it included. */
export async function compileFile(terminal: Terminal, file: string): Promise<CompiledFile> {
  const path = resolve(terminal.cwd, file);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new WaterflowFailure(
      {
        code: 'FILE_NOT_READABLE',
        message: `cannot read ${file}: ${error.code ?? error.message}`,
        remedy: 'check the path and its permissions',
        file,
      },
      { cause: error },
    );
  });
  // resolve() gave an absolute path, so its folder is one.
  const catalogue = openPlugins(terminal, []).nodes(dirname(path) as AbsolutePath);
  return { ...compile(bytes, { file, catalogue }), file, text: bytes.toString('utf8') };
}
