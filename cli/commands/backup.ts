import { resolve } from 'node:path';
import type { BackupManifest } from '../backup/manifest.ts';
import { restoreBackup, verifyBackup } from '../backup/restore.ts';
import { digestOf, writeBackup } from '../backup/write.ts';
import { usageError } from '../command.ts';
import { readServerSettings } from '../composition/server-config.ts';
import { stateFolder } from '../composition/state.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageVersion } from '../package-root.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow backup`'s options, as the command line gives them. */
export interface BackupOptions {
  readonly out?: string;
  readonly config?: string;
  readonly state?: string;
  readonly keys: boolean;
  readonly json?: boolean;
}

/** Backs up the state folder of a server, an agent or `waterflow run`, which may be in use; gives the exit code. */
export async function backup(terminal: Terminal, options: BackupOptions): Promise<number> {
  const { out } = options;
  if (out === undefined)
    throw usageError('nothing says where the backup goes', 'Write --out FILE, such as --out waterflow.backup.tar.gz.');
  const flags = {
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.state === undefined ? {} : { state: options.state }),
  };
  const { state, databaseUrl } = readServerSettings(terminal, flags, { only: 'records' }).config;
  const file = resolve(terminal.cwd, out);
  const keys = options.keys ? 'included' : 'left out';
  const request = { state, out: file, version: packageVersion(import.meta.url), now: terminal.now(), keys } as const;
  const { manifest, bytes, sha256 } = await writeBackup(request);
  const lines = [
    `backed up ${state}: ${contentText(manifest)}, ${bytes} bytes compressed`,
    `${file}  sha256:${sha256}`,
    ...keysLines(manifest, 'backed up'),
    ...(databaseUrl === undefined
      ? []
      : ['the records lie in PostgreSQL and are not in it: back these up first, by pg_dump']),
    ...manifest.skipped.map(({ path, reason }) => `left out ${path}: ${reason}`),
  ];
  const about = { type: 'backup', file, bytes, sha256, ...factsOf(manifest), skipped: manifest.skipped };
  return print(terminal, { json: options.json === true, about, lines });
}

/** Checks a backup from its first byte to its last; gives the exit code. */
export async function verify(terminal: Terminal, named: string, options: { readonly json?: boolean }): Promise<number> {
  const file = resolve(terminal.cwd, named);
  const manifest = await verifyBackup(file);
  const sha256 = await digestOf(file);
  const made = new Date(manifest.created_at).toISOString();
  const lines = [
    `${file} is whole: ${contentText(manifest)}, made ${made} by waterflow ${manifest.version}`,
    `sha256:${sha256}`,
    ...keysLines(manifest, 'backed up'),
  ];
  const about = { type: 'backup', file, sha256, version: manifest.version, created_at: made, ...factsOf(manifest) };
  return print(terminal, { json: options.json === true, about, lines });
}

/** Puts a backup into a state folder; gives the exit code. */
export async function restore(
  terminal: Terminal,
  named: string,
  options: { readonly state?: string; readonly force?: boolean; readonly json?: boolean },
): Promise<number> {
  if (options.state === undefined)
    throw usageError('nothing says where the backup is restored to', 'Write --state FOLDER.');
  const state = stateFolder(terminal, options.state);
  const present = options.force === true ? 'set aside' : 'refused';
  const request = { file: resolve(terminal.cwd, named), state, present, now: terminal.now() } as const;
  const { manifest, setAside, lost } = await restoreBackup(request);
  const unfinished = manifest.records?.unfinished ?? [];
  const inTemporal = unfinished.filter((run) => run.in_temporal === true).length;
  const going = unfinished.length - lost.length;
  const lines = [
    `restored ${state}: ${contentText(manifest)}`,
    ...(setAside === undefined ? [] : [`what lay there before is in ${setAside}: remove it once you need it no more`]),
    ...(going === 0
      ? []
      : [`${countText(going, 'run')} had not ended and will go on when a server is started with this folder`]),
    ...(inTemporal === 0
      ? []
      : [`of these, ${countText(inTemporal, 'run')} went on in Temporal: its database has to be of the same moment`]),
    ...(going === inTemporal || manifest.state === state
      ? []
      : [
          `jobs that had begun had their workspaces in ${manifest.state}: elsewhere they are lost, and fail with AGENT_LOST`,
        ]),
    ...lost.map((run) => `${run} is lost: it went on when the backup was made, and its folder was gone by then`),
    ...keysLines(manifest, 'restored'),
  ];
  const about = {
    type: 'restored',
    state,
    ...factsOf(manifest),
    lost,
    ...(setAside === undefined ? {} : { set_aside: setAside }),
  };
  return print(terminal, { json: options.json === true, about, lines });
}

function print(
  { stdout }: Terminal,
  {
    json,
    about,
    lines,
  }: { readonly json: boolean; readonly about: Parameters<typeof plainJson>[0]; readonly lines: readonly string[] },
): number {
  stdout.write(json ? `${plainJson(about)}\n` : `${lines.map(plainLine).join('\n')}\n`);
  return exitCodes.ok;
}

function contentText({ entries, records }: BackupManifest): string {
  const files = countText(entries.filter(({ kind }) => kind === 'file').length, 'file');
  if (records === undefined) return files;
  return `${countText(records.runs, 'run')} in the records (${records.unfinished.length} not ended), ${files}`;
}

function keysLines({ keys }: BackupManifest, done: string): readonly string[] {
  if (keys.left_out.length > 0) {
    return [
      `private keys are not in it, and have to be put in place before a server starts: ${keys.left_out.join(', ')}`,
    ];
  }
  return keys.included.length === 0
    ? []
    : [`private keys were ${done} with it: ${keys.included.join(', ')}. Keep the file as secret as they are`];
}

function factsOf({ entries, records, keys }: BackupManifest) {
  const files = entries.filter(({ kind }) => kind === 'file').length;
  return { files, keys, ...(records === undefined ? {} : { runs: records.runs, unfinished: records.unfinished }) };
}
