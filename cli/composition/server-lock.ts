import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { ensurePrivateFile } from '../../storage/folder/private-files.ts';

/** One that was killed may take a moment to end, on a machine that is busy: whoever starts it again at once waits so long, in ms. */
const endingMs = 3000;
/** SQLite's result code of a lock that another connection holds (SQLITE_BUSY). */
const busy = 5;

/**
 * Makes a server's state folder, and takes it for this process alone: two servers would both start what waits there. As with the lock
 * of a run, the kernel releases it with the process, however that ends. CONFLICT, or STORAGE_FAILED.
 */
export function lockServerState(state: AbsolutePath): Disposable {
  return lockState(state, { who: 'server', setting: 'state' });
}

/** Whose a state folder is, and the setting that names it. */
export interface StateOwner {
  readonly who: 'server' | 'agent';
  readonly setting: string;
}

/** The same for a server or an agent, each with a lock of its own. */
export function lockState(
  state: AbsolutePath,
  owner: StateOwner,
  { restoring = 'refused' }: { readonly restoring?: 'allowed' | 'refused' } = {},
): Disposable {
  const file = join(state, `${owner.who}-lock.sqlite`);
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    // Whoever else could open it could keep the server from its lock.
    ensurePrivateFile(file);
    database = new DatabaseSync(file, { timeout: endingMs });
    // Nothing is ever written: no rollback journal, no room on the disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    throw isBusy(cause) ? inUse(state, owner, cause) : unusable(state, owner, cause);
  }
  const held = database;
  if (restoring === 'refused' && existsSync(join(state, restoringFolder))) {
    held.close();
    throw cutOff(state);
  }
  return { [Symbol.dispose]: () => held.close() };
}

/** Where a backup lies in a state folder while it is restored: as long as it is there, the folder is neither what it was nor what it will be. */
export const restoringFolder = '.restoring';

function cutOff(state: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `a backup is being restored to ${state}, or that was cut off`,
    remedy:
      'Carry it out again: waterflow restore FILE --state FOLDER --force. What lay there before is set aside, not removed.',
    file: state,
  });
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && 'errcode' in cause && cause.errcode === busy;
}

function inUse(state: string, { who, setting }: StateOwner, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'CONFLICT',
      message: `another waterflow ${who} uses the state folder ${state}`,
      remedy: `Stop that one, or give this one a folder of its own: --state FOLDER, or \`${setting}\` in its configuration.`,
      file: state,
    },
    { cause },
  );
}

function unusable(state: string, { setting }: StateOwner, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'STORAGE_FAILED',
      message: `the state folder ${state} can't be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: `Give a folder that this user may write to: --state FOLDER, or \`${setting}\` in the configuration.`,
      file: state,
    },
    { cause },
  );
}
