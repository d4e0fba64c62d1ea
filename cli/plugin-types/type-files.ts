import { lstatSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheTag, cacheTagFile } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { differingFiles } from '../plugin-build/write-build.ts';
import { declarationsOf } from './declarations.ts';

/** Where a plugin's types lie, in its folder. */
export const typesFolder = '.waterflow/types';

/** Declarations that are the same for every plugin, and what they are called here. */
const shared: readonly (readonly [name: string, source: string])[] = [
  ['docker.d.ts', '../../runtime/guest/types/docker.d.ts'],
  ['globals.d.ts', '../../runtime/guest/types/globals.d.ts'],
  ['host.d.ts', '../../runtime/guest/types/host.d.ts'],
  ['remote.d.ts', '../../runtime/guest/types/remote.d.ts'],
];

/** What a plugin has at hand: the language itself and the globals that a sandbox has; no DOM and no Node. */
const compilerOptions = {
  target: 'es2024',
  lib: ['es2024'],
  types: [],
  module: 'preserve',
  noEmit: true,
  strict: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  paths: { 'waterflow/plugin': ['./plugin.d.ts'] },
};

/** Whether a plugin's own language is TypeScript, so that it may have types. */
export function isTyped({ runtime, main }: PluginManifest): boolean {
  return runtime !== 'control' && main !== undefined && /\.m?ts$/.test(main);
}

/** The types of a plugin, by path in its folder: what `waterflow/plugin` is by this manifest, and settings of the compiler that find it. */
export function typeFiles(manifest: PluginManifest): ReadonlyMap<string, Uint8Array> {
  const texts: readonly (readonly [string, string | Buffer])[] = [
    // No part of the plugin: its digest doesn't change with the version of Waterflow that made them.
    [cacheTagFile, `${cacheTag}\n# Made of plugin.yaml by \`waterflow plugin types\`.\n`],
    ['.gitattributes', '* -text linguist-generated\n'],
    ...shared.map(([name, source]) => [name, readFileSync(fileURLToPath(new URL(source, import.meta.url)))] as const),
    ['plugin.d.ts', declarationsOf(manifest)],
    ['tsconfig.json', `${JSON.stringify({ compilerOptions }, null, 2)}\n`],
  ];
  return new Map(texts.map(([name, text]) => [`${typesFolder}/${name}`, Buffer.from(text)]));
}

/** Whether the folder has types, which are kept current then. */
export function hasTypes(folder: AbsolutePath): boolean {
  return lstatSync(join(folder, typesFolder), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The paths of the types that aren't what the manifest says; none for a folder without types. */
export function staleTypes(folder: AbsolutePath, manifest: PluginManifest): readonly string[] {
  return isTyped(manifest) && hasTypes(folder) ? differingFiles(folder, typeFiles(manifest)) : [];
}

/** The settings of a folder that has none of its own, by which compilers and editors find the types. */
export function settingsFile({ main = '' }: PluginManifest): string {
  const [first = '', ...below] = main.replace(/^(?:\.\/)+/u, '').split('/');
  const files = `*${extname(main)}`;
  const sources = below.length === 0 ? files : `${first}/**/${files}`;
  const settings = { extends: `./${typesFolder}/tsconfig.json`, include: [sources, `${typesFolder}/*.d.ts`] };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** Whether settings that are there already lead to the types. */
export function settingsLeadThere(folder: AbsolutePath): boolean {
  const file = join(folder, 'tsconfig.json');
  return (
    statSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file, 'utf8').includes(typesFolder)
  );
}
