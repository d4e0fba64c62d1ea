import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { guardedText } from '../terminal-guard.ts';
import { pluginPage } from './page.ts';

/** A plugin's page. */
export interface PluginPage {
  readonly name: string;
  readonly version: string;
  readonly page: string;
}

/** The files of a folder of pages, by name: one for each, and the list of all. */
export function filesOf(pages: readonly PluginPage[]): ReadonlyMap<string, string> {
  const sorted = pages.toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
  const list = sorted.map(({ name, page }) => `- [${titleOf(page)}](${name}.md): ${leadOf(page)}`);
  const index = `# Nodes\n\nWhat each takes, gives, asks for and why, with examples.\n\n${list.join('\n')}\n`;
  return new Map([...sorted.map(({ name, page }) => [`${name}.md`, page] as const), ['README.md', index]]);
}

/** The page of the plugin in a folder, whose README.md is a part of it. */
export function pageOf(manifest: PluginManifest, folder: AbsolutePath): PluginPage {
  const readme = join(folder, 'README.md');
  const text = existsSync(readme) ? readFileSync(readme, 'utf8') : undefined;
  return { name: manifest.name, version: manifest.version, page: guardedText(pluginPage(manifest, text), 'text') };
}

function titleOf(page: string): string {
  return page.slice('# '.length, page.indexOf('\n'));
}

/** The first sentence below the title. */
function leadOf(page: string): string {
  const text = page.slice(page.indexOf('\n')).trim().replaceAll(/\s+/gu, ' ');
  return /^.*?\.(?= |$)/u.exec(text)?.[0] ?? text;
}
