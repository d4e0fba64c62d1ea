import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { storageFailure } from '../../storage/folder/failures.ts';
import { openOperations } from '../composition/engine.ts';
import { lockServerState } from '../composition/server-lock.ts';
import { stateFolder } from '../composition/state.ts';
import { exitCodes } from '../exit-codes.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { isAgentState, removeOldRuns } from './vacuum-agent.ts';

/** `waterflow vacuum`'s options, as the command line gives them. */
export interface VacuumOptions {
  readonly state?: string;
  /** How long runs that ended are kept, in ms. */
  readonly keepRuns: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What removals that were cut off have left, and what a restore has set aside. */
const leftovers = /^\.(?:removed-|before-restore-)/u;

/** Something that takes room for nothing. */
interface Removable {
  readonly what: 'run' | 'leftover' | 'records';
  readonly name: string;
  readonly bytes: number;
}

/**
 * Removes from a state folder runs of this machine that ended long ago, and what was left of others, and has the records give back their room.
 * Runs that a server knows are its own: it removes them by itself. Gives the exit code.
 */
export async function vacuum(terminal: Terminal, options: VacuumOptions): Promise<number> {
  const state = stateFolder(terminal, options.state);
  const isDry = options.dryRun === true;
  const removed: Removable[] = [];
  for (const name of await namesIn(state)) {
    if (!leftovers.test(name)) continue;
    removed.push({ what: 'leftover', name, bytes: await sizeOf(join(state, name)) });
    if (!isDry) await rm(join(state, name), { recursive: true, force: true });
  }
  if (isAgentState(state)) {
    const runs = await removeOldRuns(state, { keepRuns: options.keepRuns, now: terminal.now(), isDry });
    const old = runs === 'in use' ? [] : runs.map(({ run, bytes }) => ({ what: 'run', name: run, bytes }) as const);
    print(terminal, options, {
      state,
      removed: [...removed, ...old],
      ...(runs === 'in use' ? { agentInUse: true } : {}),
    });
    return exitCodes.ok;
  }
  await using opened = openOperations(terminal, options.state);
  const known = runsOfServer(state);
  for await (const { run, ended_at: endedAt } of opened.engine.list()) {
    if (known.has(run) || endedAt === undefined || terminal.now() - Date.parse(endedAt) < options.keepRuns) continue;
    removed.push({ what: 'run', name: run, bytes: await sizeOf(join(state, run)) });
    if (!isDry) await opened.engine.remove(run);
  }
  const records = shrinkRecords(state, { isDry });
  if (typeof records === 'number') removed.push({ what: 'records', name: recordsFile, bytes: records });
  print(terminal, options, { state, removed, ...(records === 'in use' ? { inUse: true } : {}) });
  return exitCodes.ok;
}

const recordsFile = 'server.sqlite';

/** Those of a server's records; also of one that runs. */
function runsOfServer(state: string): ReadonlySet<string> {
  const file = join(state, recordsFile);
  if (!existsSync(file)) return new Set();
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const rows = database.prepare('SELECT run FROM runs UNION SELECT run FROM leftovers').all();
      return new Set(rows.map(({ run }) => String(run)));
    } finally {
      database.close();
    }
  } catch (cause) {
    throw storageFailure(cause, { doing: 'read the records', file });
  }
}

/** The bytes that the records give back, or would; undefined where there are none. Only with the server stopped. */
function shrinkRecords(state: AbsolutePath, { isDry }: { readonly isDry: boolean }): number | 'in use' | undefined {
  const file = join(state, recordsFile);
  if (!existsSync(file)) return undefined;
  try {
    using _lock = lockServerState(state);
    const database = new DatabaseSync(file);
    try {
      const pages = (): number => Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
      const free = Number(database.prepare('PRAGMA freelist_count').get()?.['freelist_count']);
      const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
      const before = pages();
      if (isDry || free === 0) return free * pageBytes;
      database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
      return (before - pages()) * pageBytes;
    } finally {
      database.close();
    }
  } catch (cause) {
    if (cause instanceof WaterflowFailure && cause.error.code === 'CONFLICT') return 'in use';
    throw storageFailure(cause, { doing: 'shrink the records', file });
  }
}

async function namesIn(state: string): Promise<readonly string[]> {
  return existsSync(state) ? (await readdir(state)).toSorted() : [];
}

/** Of a file or a folder, as far as this user sees it. */
async function sizeOf(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}

function print(
  { stdout }: Terminal,
  { json, dryRun }: VacuumOptions,
  {
    state,
    removed,
    inUse = false,
    agentInUse = false,
  }: {
    readonly state: string;
    readonly removed: readonly Removable[];
    readonly inUse?: boolean;
    readonly agentInUse?: boolean;
  },
): void {
  if (json === true) {
    stdout.write(
      `${plainJson({ type: 'vacuum', state, dry_run: dryRun === true, removed: removed.map((one) => ({ ...one })), records_in_use: inUse, agent_in_use: agentInUse })}\n`,
    );
    return;
  }
  const verb = dryRun === true ? 'would remove' : 'removed';
  for (const { what, name, bytes } of removed) {
    const line =
      what === 'records'
        ? `${dryRun === true ? 'would shrink' : 'shrank'} ${name} by ${bytes} bytes`
        : `${verb} ${name}, ${bytes} bytes`;
    stdout.write(`${plainLine(line)}\n`);
  }
  if (inUse) stdout.write(`a server uses ${recordsFile}: it shrinks with the server stopped\n`);
  if (agentInUse) stdout.write('an agent uses the folder: runs are removed with the agent stopped\n');
  const runs = removed.filter(({ what }) => what === 'run').length;
  stdout.write(`${plainLine(`${verb} ${countText(runs, 'run')} from ${state}`)}\n`);
}
