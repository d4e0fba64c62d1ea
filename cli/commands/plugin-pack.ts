import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { readYamlDocument } from '../../runtime/documents/yaml-document.ts';
import { type PackedPackage, packageFileName, packFolder, requireOwnName } from '../../runtime/packages/index.ts';
import { unwrittenReasons } from '../../runtime/plugin-lint/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { gitSource } from '../composition/git-source.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { failureOf } from '../failures.ts';
import { makeNamedFolder, writeWhole } from '../install/write-whole.ts';
import { packageVersion } from '../package-root.ts';
import { requireCurrentBuild } from '../plugin-build/build-plugin.ts';
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
  const packed = await packFolder(folder, {
    provenance: async (files) => {
      const source = await gitSource(terminal, folder, files);
      return { ...(source === undefined ? {} : { source }), builder: { waterflow: packageVersion(import.meta.url) } };
    },
  });
  const { bytes, manifest } = packed;
  requireCurrentBuild({ folder, manifest });
  requireReasons(folder, manifest);
  requireOwnName(manifest.name, { builtIn: openPlugins(terminal, []).builtInNames });
  const file = join(out, packageFileName(manifest));
  makeNamedFolder(out);
  writeWhole(file, bytes, { mode: 0o644 });
  report(terminal, { packed, file }, options);
  return exitCodes.ok;
}

/** Throws PLUGIN_UNDOCUMENTED where a permission's reason is yet to be written. */
function requireReasons(folder: AbsolutePath, manifest: PluginManifest): void {
  const file = join(folder, 'plugin.yaml');
  const read = readYamlDocument(readFileSync(file, 'utf8'), { file, code: 'PLUGIN_INVALID' });
  const errors = 'document' in read ? unwrittenReasons(manifest, read.document) : read.errors;
  if (errors.length > 0) throw failureOf(errors);
}

interface Written {
  readonly packed: PackedPackage;
  readonly file: string;
}

/** What goes out, file by file: the package's place to stdout, the rest for whoever reads along. */
function report(terminal: Terminal, { packed, file }: Written, { json }: PluginPackOptions): void {
  const { bytes, digest, manifest, leftOut, provenance } = packed;
  const files = packed.files.map((each) => ({
    path: each.path,
    bytes: each.bytes.length,
    executable: each.executable,
  }));
  if (json === true) {
    const { name, version } = manifest;
    const contents = { bytes: bytes.length, files, left_out: leftOut };
    terminal.stdout.write(
      `${plainJson({ name, version, file, digest, ...contents, provenance: { ...provenance } })}\n`,
    );
    return;
  }
  const width = Math.max(...files.map((each) => String(each.bytes).length));
  const total = files.reduce((sum, each) => sum + each.bytes, 0);
  const lines = [
    ...files.map(
      (each) => `  ${String(each.bytes).padStart(width)} bytes  ${each.path}${each.executable ? ' (executable)' : ''}`,
    ),
    `${countText(files.length, 'file')} of ${total} bytes, packed ${bytes.length} bytes, of ${sourceWords(provenance)}`,
    ...(leftOut.length === 0 ? [] : [`left out, since it isn't what runs: ${leftOut.join(', ')}`]),
    digest,
    'sign it with `waterflow plugin sign`',
  ];
  terminal.stdout.write(`${plainLine(file)}\n`);
  terminal.stderr.write(lines.map((line) => `${plainLine(line)}\n`).join(''));
}

/** A package in the plugin's own folder would be a part of the next one. */
function requireOutside(folder: AbsolutePath, out: string): void {
  if (!existsSync(folder)) return;
  const [inner, outer] = [realPlace(out), realpathSync(folder)];
  if (inner !== outer && !inner.startsWith(outer + sep)) return;
  throw usageError(
    "the package would be written into the plugin's own folder, and be a part of the next package",
    "Name a folder outside it: --out ../packages. Without --out it is written beside the plugin's folder.",
  );
}

/** A path without links, also of what isn't there yet. */
function realPlace(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realPlace(dirname(path)), basename(path));
}
