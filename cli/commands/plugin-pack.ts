import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { type PackedFrom, packageFileName, packFolder, requireOwnName } from '../../runtime/packages/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { gitSource } from '../composition/git-source.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeWhole } from '../install/write-whole.ts';
import { packageVersion } from '../package-root.ts';
import { sourceWords } from '../report/provenance.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin pack`'s options. */
export interface PluginPackOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Makes a package of a plugin's folder, and prints where it is; gives the exit code. Nothing of the plugin is executed. */
export async function pluginPack(terminal: Terminal, named: string, options: PluginPackOptions): Promise<number> {
  // resolve() gives an absolute path.
  const folder = resolve(terminal.cwd, named) as AbsolutePath;
  const out = options.out === undefined ? dirname(folder) : resolve(terminal.cwd, options.out);
  requireOutside(folder, out);
  const source = await gitSource(terminal, folder);
  const provenance: PackedFrom = {
    ...(source === undefined ? {} : { source }),
    builder: { waterflow: packageVersion(import.meta.url) },
  };
  const { bytes, digest, manifest, files } = await packFolder(folder, { provenance });
  requireOwnName(manifest.name, { builtIn: openPlugins(terminal, []).builtInNames });
  const file = join(out, packageFileName(manifest));
  writeWhole(file, bytes, { mode: 0o644 });
  if (options.json === true) {
    const { name, version } = manifest;
    const paths = files.map(({ path }) => path);
    terminal.stdout.write(
      `${plainJson({ name, version, file, digest, bytes: bytes.length, files: paths, provenance: { ...provenance } })}\n`,
    );
    return exitCodes.ok;
  }
  terminal.stdout.write(`${plainLine(file)}\n`);
  const origin = `of ${sourceWords(provenance)}`;
  terminal.stderr.write(
    `${digest}\n${countText(files.length, 'file')}, ${bytes.length} bytes, ${origin}; sign it with \`waterflow plugin sign\`\n`,
  );
  return exitCodes.ok;
}

/** A package in the plugin's own folder would be a part of the next one. */
function requireOutside(folder: AbsolutePath, out: string): void {
  if (!existsSync(folder) || !existsSync(out)) return;
  const [inner, outer] = [realpathSync(out), realpathSync(folder)];
  if (inner !== outer && !inner.startsWith(outer + sep)) return;
  throw usageError(
    "the package would be written into the plugin's own folder, and be a part of the next package",
    "Name a folder outside it: --out ../packages. Without --out it is written beside the plugin's folder.",
  );
}
