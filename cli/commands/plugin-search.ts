import { compareVersions } from '../../runtime/manifest/index.ts';
import type { IndexedPackage } from '../../schemas/generated/registry.ts';
import { usageError } from '../command.ts';
import { openNamedRegistry, type RegistryFlags } from '../composition/registry.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin search`'s options. */
export interface SearchOptions extends RegistryFlags {
  readonly json?: boolean;
}

/** Lists the plugins of a registry that have all of the words in their name, description or capabilities; gives the exit code. */
export async function searchPlugins(
  terminal: Terminal,
  words: readonly string[],
  options: SearchOptions,
): Promise<number> {
  await using registry = await openNamedRegistry(terminal, options);
  if (registry === undefined)
    throw usageError('no registry is named', 'Give --registry FOLDER or URL, or set WATERFLOW_REGISTRY.');
  const found = Map.groupBy(
    registry.packages.filter((each) => hasWords(each, words)),
    ({ name }) => name,
  );
  // In the order of the index, which is that of versions.
  const plugins = [...found.values()].flatMap((versions) => {
    const sorted = versions.toSorted((one, other) => compareVersions(one.version, other.version));
    const newest = sorted.findLast(({ version }) => !version.includes('-')) ?? sorted.at(-1);
    return newest === undefined ? [] : [{ newest, versions: sorted.map(({ version }) => version) }];
  });
  if (plugins.length === 0) terminal.stderr.write(`${plainLine(nothingText(registry.location, words))}\n`);
  else if (options.json === true) {
    for (const { newest, versions } of plugins)
      terminal.stdout.write(`${plainJson({ ...jsonOf(newest), versions })}\n`);
  } else {
    const rows = plugins.map(({ newest, versions }) => [
      plainLine(newest.name),
      plainLine(newest.version),
      versions.length === 1 ? '' : `${versions.length - 1} more`,
      newest.capabilities.length === 0 ? 'nothing' : plainLine(newest.capabilities.join(', ')),
      plainLine(newest.description),
    ]);
    const header = ['plugin', 'newest', 'versions', 'asks for', 'what it does'];
    terminal.stdout.write(`${renderCells(header, rows, createStyle(terminal.stdout)).join('\n')}\n`);
  }
  return exitCodes.ok;
}

function nothingText(location: string, words: readonly string[]): string {
  return words.length === 0 ? `no plugins in ${location}` : `no plugin with ${words.join(' ')} in ${location}`;
}

function hasWords({ name, description, capabilities }: IndexedPackage, words: readonly string[]): boolean {
  const text = [name, description, ...capabilities].join('\n').toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

function jsonOf({ name, version, digest, description, capabilities }: IndexedPackage): {
  readonly [key: string]: string | readonly string[];
} {
  return { name, version, digest, description, capabilities };
}
