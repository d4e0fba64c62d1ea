import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Installation, lockfileName } from '../../runtime/install/index.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { ensurePrivateFile } from '../../storage/folder/private-files.ts';
import type { Terminal } from '../terminal.ts';
import { pluginFolder } from './plugins.ts';

/** Where a command installs plugins: `--dir` and `--lock`. */
export interface InstallationFlags {
  readonly dir?: string;
  readonly lock?: string;
}

/** Another command that installs is done soon; one that waits for an answer isn't, in ms. */
const otherCommandMs = 10_000;
/** SQLite's result code of a lock that another connection holds (SQLITE_BUSY). */
const busy = 5;

/** The plugin folder and its lockfile, which lies in it unless `--lock` says otherwise. A link to the folder is followed once, here. */
export function findInstallation(terminal: Terminal, { dir, lock }: InstallationFlags): Installation {
  const named = pluginFolder(terminal, dir);
  // Both: realpath() and resolve() give absolute paths.
  const folder = (existsSync(named) ? realpathSync(named) : named) as AbsolutePath;
  const lockfile = lock === undefined ? join(folder, lockfileName) : resolve(terminal.cwd, lock);
  return { folder, lockfile: lockfile as AbsolutePath };
}

/**
 * Makes the plugin folder, and takes it for this command alone until it is disposed of; the kernel frees it with the process, however that
 * ends. Waits `waitMs` for another command. PLUGIN_FOLDER_IN_USE, or STORAGE_FAILED.
 */
export function lockInstallation(
  { folder }: Pick<Installation, 'folder'>,
  { waitMs = otherCommandMs }: { readonly waitMs?: number } = {},
): Disposable {
  const file = join(folder, '.lock.sqlite');
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    ensurePrivateFile(file);
    database = new DatabaseSync(file, { timeout: waitMs });
    // Nothing is ever written: no rollback journal, no room on the disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    throw lockFailure(folder, cause);
  }
  const held = database;
  return { [Symbol.dispose]: () => held.close() };
}

function lockFailure(folder: string, cause: unknown): WaterflowFailure {
  if (cause instanceof Error && 'errcode' in cause && cause.errcode === busy) {
    const message = `another command is changing ${folder}`;
    const remedy = 'Wait for it to end, and run the command again.';
    return new WaterflowFailure({ code: 'PLUGIN_FOLDER_IN_USE', message, remedy, file: folder }, { cause });
  }
  const message = `the plugin folder ${folder} can't be used: ${cause instanceof Error ? cause.message : String(cause)}`;
  const remedy = 'Name a folder that this user may write to: --dir FOLDER, or PLUGIN_DIR.';
  return new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy, file: folder }, { cause });
}
