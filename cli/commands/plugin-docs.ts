import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { makeNamedFolder } from '../install/write-whole.ts';
import { filesOf, marker, type PluginPage, pageOf } from '../plugin-page/pages.ts';
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
  if (options.out !== undefined) await writePages(terminal, pages, options.out);
  else if (options.json === true)
    terminal.stdout.write(`${plainJson(pages.map(({ name, version, page }) => ({ name, version, page })))}\n`);
  else terminal.stdout.write(pages.map(({ page }) => page).join('\n'));
  return exitCodes.ok;
}

/** Nothing is written where a file would be lost that was not made so. */
async function writePages(terminal: Terminal, pages: readonly PluginPage[], out: string): Promise<void> {
  const folder = resolve(terminal.cwd, out);
  const files = filesOf(pages, folder);
  const others = [...files.keys()].filter((file) => {
    const path = join(folder, file);
    return existsSync(path) && !readFileSync(path, 'utf8').trimEnd().endsWith(marker);
  });
  if (others.length > 0) {
    const message = `${out} has files that \`waterflow plugin docs\` didn't make: ${others.join(', ')}`;
    throw usageError(message, 'Name another folder, or move them away.');
  }
  makeNamedFolder(folder);
  for (const [file, text] of files) await writeText(terminal, { file: join(folder, file), existing: 'replace' }, text);
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
