import { existsSync } from 'node:fs';
import {
  type AuditFinding,
  askedBy,
  askedInWords,
  audit,
  type Installation,
  type Inventoried,
  inventory,
  readLockfile,
} from '../../runtime/install/index.ts';
import type { TrustPolicy } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { findInstallation, type InstallationFlags } from '../composition/installation.ts';
import { openTrust, trustFileOf } from '../composition/trust.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin list`'s options. */
export interface ListOptions extends InstallationFlags {
  readonly trust?: string;
  readonly json?: boolean;
}

/** Lists what is installed, a JSON object a line with --json; gives the exit code. */
export async function listPlugins(terminal: Terminal, options: ListOptions): Promise<number> {
  const installation = findInstallation(terminal, options);
  const plugins = await inventory(installation.folder, readLockfile(installation.lockfile));
  const listed = held(terminal, plugins, options);
  if (listed.length === 0) terminal.stderr.write(noPluginsText(installation));
  else if (options.json === true) {
    for (const { plugin, untrusted } of listed) {
      const more = untrusted === undefined ? {} : { untrusted: { code: untrusted.code, message: untrusted.message } };
      terminal.stdout.write(`${plainJson({ ...inventoriedJson(plugin), ...more })}\n`);
    }
  } else {
    terminal.stdout.write(`${rowsOf(terminal, listed).join('\n')}\n`);
    const isAny = listed.some(({ untrusted }) => untrusted !== undefined);
    if (isAny) terminal.stderr.write('untrusted: it would be refused now; `waterflow plugin audit` says why\n');
  }
  return exitCodes.ok;
}

interface Listed {
  readonly plugin: Inventoried;
  /** Why it would be refused now. */
  readonly untrusted: AuditFinding | undefined;
}

/** What is installed, held against the trust policy, where the machine has one that can be read. */
function held(terminal: Terminal, plugins: readonly Inventoried[], { trust: flag }: ListOptions): readonly Listed[] {
  const trust = readableTrust(terminal, flag);
  if (trust === undefined) return plugins.map((plugin) => ({ plugin, untrusted: undefined }));
  return audit(plugins, { trust, now: terminal.now(), available: [] }).map(({ findings, ...plugin }) => {
    return { plugin, untrusted: findings.find(({ finding }) => finding === 'untrusted') };
  });
}

/** What isn't named may be missing. What can't be read is said, and the list told all the same. */
function readableTrust(terminal: Terminal, flag: string | undefined): TrustPolicy | undefined {
  if (flag === undefined && !existsSync(trustFileOf(terminal, flag))) return undefined;
  try {
    return openTrust(terminal, flag);
  } catch (cause) {
    if (flag !== undefined || !(cause instanceof WaterflowFailure)) throw cause;
    const { code, message } = cause.error;
    terminal.stderr.write(`${plainLine(`what is still trusted isn't known: ${message} [${code}]`)}\n`);
    return undefined;
  }
}

/** Says that nothing is installed, and where that was looked for. */
export function noPluginsText({ folder, lockfile }: Pick<Installation, 'folder' | 'lockfile'>): string {
  return `${plainLine(`no plugins in ${folder}, and none in ${lockfile}`)}\n`;
}

function rowsOf({ stdout }: Terminal, listed: readonly Listed[]): readonly string[] {
  const rows = listed.map(({ plugin: { folder, state, locked, disk }, untrusted }) => [
    plainLine(locked?.name ?? disk?.manifest.name ?? folder),
    plainLine(locked?.version ?? disk?.manifest.version ?? ''),
    untrusted === undefined ? state : `${state}, untrusted`,
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
