import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPluginManifest } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { differingFiles, writeBuild } from '../plugin-build/write-build.ts';
import { isTyped, settingsFile, settingsLeadThere, typeFiles, typesFolder } from '../plugin-types/type-files.ts';
import { writeTypes } from '../plugin-types/write-types.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin types`'s options. */
export interface PluginTypesOptions {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Writes the types of a plugin's manifest into its folder, or only compares. It needs no network, and runs nothing of the plugin. */
export function pluginTypes(terminal: Terminal, name: string, options: PluginTypesOptions): number {
  const folder = resolve(terminal.cwd, name) as AbsolutePath; // resolve() gives an absolute path.
  const manifest = typedManifest(folder, name);
  const files = typeFiles(manifest);
  const different = differingFiles(folder, files);
  const isCheck = options.check === true;
  const isNew = !isCheck && !existsSync(join(folder, 'tsconfig.json'));
  if (!isCheck) {
    writeTypes(folder, manifest);
    if (isNew) writeBuild(folder, new Map([['tsconfig.json', Buffer.from(settingsFile(manifest))]]));
  }
  const written = isCheck ? [] : [...different, ...(isNew ? ['tsconfig.json'] : [])];
  const isCurrent = !isCheck || different.length === 0;
  const exitCode = isCurrent ? exitCodes.ok : exitCodes.failed;
  if (options.json === true) {
    const report = { name: manifest.name, folder: typesFolder, files: [...files.keys()] };
    const compared = isCheck ? { current: isCurrent, different } : { written };
    terminal.stdout.write(`${plainJson({ ...report, ...compared })}\n`);
    return exitCode;
  }
  if (!isCurrent) {
    const what = `${different.join(', ')}: not what plugin.yaml says; run \`waterflow plugin types\``;
    terminal.stderr.write(`${plainLine(what)}\n`);
    return exitCode;
  }
  const beside = isNew ? ', and tsconfig.json, which finds them' : '';
  const words =
    different.length === 0 ? 'is current' : `has the types of plugin.yaml, ${countText(files.size, 'file')}`;
  terminal.stdout.write(`${plainLine(`${typesFolder} ${words}${beside}`)}\n`);
  if (!settingsLeadThere(folder)) terminal.stderr.write(`${plainLine(hint)}\n`);
  return exitCode;
}

const hint = `note: tsconfig.json doesn't lead there: write "extends": "./${typesFolder}/tsconfig.json" into it, and "${typesFolder}/*.d.ts" into its "include".`;

function typedManifest(folder: AbsolutePath, name: string): PluginManifest {
  const read = readPluginManifest(folder);
  if ('errors' in read) {
    const [error] = read.errors;
    throw error === undefined ? new Error('a manifest was refused without a reason') : new WaterflowFailure(error);
  }
  if (isTyped(read.manifest)) return read.manifest;
  throw usageError(
    `${name} isn't written in TypeScript`,
    'Name the folder of a plugin whose `main` is a .ts file. The guest libraries of other languages have types of their own.',
  );
}
