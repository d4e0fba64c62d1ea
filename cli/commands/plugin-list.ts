import {
  askedBy,
  askedInWords,
  type Installation,
  type Inventoried,
  inventory,
  readLockfile,
} from '../../runtime/install/index.ts';
import { findInstallation, type InstallationFlags } from '../composition/installation.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin list`'s options. */
export interface ListOptions extends InstallationFlags {
  readonly json?: boolean;
}

/** Lists what is installed, a JSON object a line with --json; gives the exit code. */
export async function listPlugins(terminal: Terminal, options: ListOptions): Promise<number> {
  const installation = findInstallation(terminal, options);
  const plugins = await inventory(installation.folder, readLockfile(installation.lockfile));
  if (plugins.length === 0) terminal.stderr.write(noPluginsText(installation));
  else if (options.json === true) {
    for (const plugin of plugins) terminal.stdout.write(`${plainJson(inventoriedJson(plugin))}\n`);
  } else terminal.stdout.write(`${rowsOf(terminal, plugins).join('\n')}\n`);
  return exitCodes.ok;
}

/** Says that nothing is installed, and where that was looked for. */
export function noPluginsText({ folder, lockfile }: Pick<Installation, 'folder' | 'lockfile'>): string {
  return `${plainLine(`no plugins in ${folder}, and none in ${lockfile}`)}\n`;
}

function rowsOf({ stdout }: Terminal, plugins: readonly Inventoried[]): readonly string[] {
  const rows = plugins.map(({ folder, state, locked, disk }) => [
    plainLine(locked?.name ?? disk?.manifest.name ?? folder),
    plainLine(locked?.version ?? disk?.manifest.version ?? ''),
    state,
    signersText(locked),
    capabilitiesText(disk),
    shortDigest(disk?.digest ?? locked?.digest ?? ''),
  ]);
  return renderCells(['plugin', 'version', 'state', 'signed by', 'asks for', 'digest'], rows, createStyle(stdout));
}

/** A plugin for programs: what is locked, what lies there, and what it asks for. */
export function inventoriedJson({ folder, state, locked, disk, broken }: Inventoried): {
  readonly name: string;
  readonly folder: string;
  readonly state: Inventoried['state'];
} {
  return {
    name: locked?.name ?? disk?.manifest.name ?? folder,
    folder,
    state,
    ...(locked === undefined
      ? {}
      : { version: locked.version, digest: locked.digest, signers: locked.signers, source: locked.source }),
    ...(disk === undefined
      ? {}
      : {
          digest_on_disk: disk.digest,
          asks_for: askedInWords(askedBy(disk.manifest)).map((each) => ({ ...each })),
        }),
    ...(broken === undefined ? {} : { broken }),
  };
}

/** By whom a plugin is signed, in a cell. */
export function signersText(locked: Inventoried['locked']): string {
  if (locked === undefined) return '';
  return locked.signers.length === 0 ? 'nobody' : plainLine(locked.signers.map(({ name }) => name).join(', '));
}

function capabilitiesText(disk: Inventoried['disk']): string {
  const names = Object.keys(disk?.manifest.permissions ?? {});
  return disk === undefined ? '' : names.length === 0 ? 'nothing' : plainLine(names.join(', '));
}

/** `sha256:` and so many digits as people compare. */
function shortDigest(digest: string): string {
  return digest === '' ? '' : `${digest.slice(0, 'sha256:'.length + 12)}…`;
}
