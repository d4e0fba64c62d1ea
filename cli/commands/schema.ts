import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editorSchema } from '../../dsl/index.ts';
import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { writeText } from './write-file.ts';

/** Prints the schema of workflow files for editors, with the nodes that exist here; with --out it goes to a file. */
export async function schema(terminal: Terminal, options: { readonly out?: string }): Promise<number> {
  const path = join(packageRoot(import.meta.url), 'schemas', 'workflow.schema.json');
  const base = JSON.parse(await readFile(path, 'utf8')) as JsonObject; // Our own file, which is tested to be a schema.
  const catalogue = openPlugins(terminal, []).nodes(terminal.cwd as AbsolutePath); // process.cwd() is absolute.
  const text = `${JSON.stringify(editorSchema(base, catalogue), null, 2)}\n`;
  if (options.out === undefined) terminal.stdout.write(text);
  else await writeText(terminal, { file: options.out, existing: 'replace' }, text);
  return exitCodes.ok;
}
