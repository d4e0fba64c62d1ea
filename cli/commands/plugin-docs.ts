import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { filesOf, pageOf, type PluginPage } from '../plugin-page/pages.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { locatePlugin } from './locate-plugin.ts';
import { writeText } from './write-file.ts';

/** `waterflow plugin docs`' options. */
export interface PluginDocsOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Prints the pages of plugins, or writes each to a file of a folder. Nothing of a plugin is run. */
export async function pluginDocs(
  terminal: Terminal,
  names: readonly string[],
  options: PluginDocsOptions,
): Promise<number> {
  if (options.out !== undefined && options.json === true)
    throw usageError('--out and --json exclude each other', 'Leave one of them out.');
  const pages = await pagesOf(terminal, names);
  if (options.out !== undefined) {
    const folder = resolve(terminal.cwd, options.out);
    await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      const message = `cannot make the folder ${options.out}: ${cause.code ?? cause.message}`;
      throw new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy: 'Name another folder.' }, { cause });
    });
    for (const [file, text] of filesOf(pages))
      await writeText(terminal, { file: join(folder, file), existing: 'replace' }, text);
  } else if (options.json === true) terminal.stdout.write(`${plainJson(pages)}\n`);
  else terminal.stdout.write(pages.map(({ page }) => page).join('\n'));
  return exitCodes.ok;
}

/** The page of each plugin that is named; of every node where none is. */
async function pagesOf(terminal: Terminal, names: readonly string[]): Promise<readonly PluginPage[]> {
  const plugins = openPlugins(terminal, []);
  const uses = names.length > 0 ? names : plugins.nodes(undefined).names();
  return await Promise.all(
    uses.map(async (name) => {
      const { uses: word, folder } = locatePlugin(name, terminal.cwd);
      const described = await plugins.describe(word, folder);
      if ('error' in described) throw new WaterflowFailure(described.error);
      const { manifest, folder: place } = described.plugin;
      return pageOf(manifest, place);
    }),
  );
}
