import { relative, resolve } from 'node:path';
import { readPluginReadme } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { guardedText } from '../terminal-guard.ts';
import { pluginPage } from './page.ts';

/** A plugin's page, and the folder from which its links lead. */
export interface PluginPage {
  readonly name: string;
  readonly version: string;
  readonly folder: AbsolutePath;
  readonly page: string;
}

/** The end of each file that was made, by which it may be made anew. */
export const marker =
  '<!-- Made by `waterflow plugin docs` of a manifest and its README.md. Change those, not this. -->';

/** The page of the plugin in a folder, whose README.md is a part of it. Throws PLUGIN_INVALID where that is no ordinary file. */
export function pageOf(manifest: PluginManifest, folder: AbsolutePath): PluginPage {
  const text = pluginPage(manifest, readPluginReadme(folder));
  return { name: manifest.name, version: manifest.version, folder, page: guardedText(text, 'text') };
}

/** The files of a folder of pages, by name: one for each, with links that lead where they did, and the list of all, README.md. */
export function filesOf(pages: readonly PluginPage[], target: string): ReadonlyMap<string, string> {
  const sorted = pages.toSorted((one, other) => titleOf(one).localeCompare(titleOf(other), 'en'));
  const isAlone = ({ name }: PluginPage): boolean => pages.filter((other) => other.name === name).length === 1;
  const named = sorted.map((page) => ({ page, file: `${isAlone(page) ? page.name : titleOf(page)}.md` }));
  const places = new Map(named.map(({ page, file }) => [resolve(page.folder, 'README.md'), file]));
  const list = named.map(({ page, file }) => `- [${titleOf(page)}](${file}): ${leadOf(page)}`);
  const index = `# Nodes\n\nWhat each takes, gives, asks for and why, with examples.\n\n${list.join('\n')}\n`;
  return new Map([
    ...named.map(({ page, file }) => [file, `${withLinks(page, target, places)}\n${marker}\n`] as const),
    ['README.md', `${index}\n${marker}\n`],
  ]);
}

/** Links that count from the plugin's folder, to count from another one; to another plugin's README, to its page. */
function withLinks({ page, folder }: PluginPage, target: string, places: ReadonlyMap<string, string>): string {
  return page.replaceAll(/\]\((\.{1,2}\/[^)#\s]*)/gu, (_link, path: string) => {
    const place = resolve(folder, path);
    return `](${places.get(place) ?? relative(target, place)}`;
  });
}

function titleOf({ page }: PluginPage): string {
  return page.slice('# '.length, page.indexOf('\n'));
}

/** The first sentence below the title. */
function leadOf({ page }: PluginPage): string {
  const text = page.slice(page.indexOf('\n')).trim().replaceAll(/\s+/gu, ' ');
  return /^.*?\.(?= |$)/u.exec(text)?.[0] ?? text;
}
