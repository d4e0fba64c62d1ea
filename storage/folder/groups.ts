import { existsSync, linkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../../schemas/index.ts';
import type { Groups } from '../port.ts';
import type { FolderBell } from './bell.ts';
import { type DatabaseFormat, openDatabase, transaction } from './database.ts';
import { attempt, hasCode } from './failures.ts';
import { ensurePrivateFile, ensurePrivateFolder } from './private-files.ts';

const format: DatabaseFormat = {
  version: 1,
  synchronous: 'FULL',
  schema: 'CREATE TABLE groups (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;',
};

/**
 * Concurrency groups in one SQLite file beside the runs. Every process that runs something in a group has it open. It is made by the
 * first that needs it.
 */
export class FolderGroups implements Groups {
  readonly #file: string;
  readonly #bell: FolderBell;
  #opened: DatabaseSync | undefined;

  constructor(file: string, bell: FolderBell) {
    this.#file = file;
    this.#bell = bell;
  }

  change(name: string, change: (value: Json | undefined) => Json | undefined): void {
    this.#attempt(`change the concurrency group ${name}`, (database) =>
      transaction(database, () => {
        const value = change(readValue(database, name));
        if (value === undefined) database.prepare('DELETE FROM groups WHERE name = ?').run(name);
        else database.prepare('INSERT OR REPLACE INTO groups VALUES (?, ?)').run(name, JSON.stringify(value));
      }),
    );
    this.#bell.ring(dirname(this.#file));
  }

  read(name: string): Json | undefined {
    return this.#attempt(`read the concurrency group ${name}`, (database) => readValue(database, name));
  }

  names(): readonly string[] {
    if (this.#opened === undefined && !existsSync(this.#file)) return [];
    return this.#attempt('read the concurrency groups', (database) =>
      database
        .prepare('SELECT name FROM groups ORDER BY name')
        .all()
        .map((row) => String(row['name'])),
    );
  }

  listen(changed: () => void): Disposable {
    return this.#attempt('listen to the concurrency groups', () => this.#bell.listen(dirname(this.#file), changed));
  }

  [Symbol.dispose](): void {
    if (this.#opened?.isOpen === true) this.#opened.close();
  }

  #attempt<Result>(doing: string, action: (database: DatabaseSync) => Result): Result {
    return attempt({ doing, file: this.#file }, () => {
      this.#opened ??= open(this.#file);
      return action(this.#opened);
    });
  }
}

function open(file: string): DatabaseSync {
  ensurePrivateFolder(dirname(file));
  if (!existsSync(file)) makeWhole(file);
  return openDatabase(file, format);
}

function readValue(database: DatabaseSync, name: string): Json | undefined {
  const row = database.prepare('SELECT value FROM groups WHERE name = ?').get(name);
  // Only change() writes there, and it writes JSON.
  return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Json);
}

/** Makes the file beside its place and puts it there whole: of several processes that do so at once, one does. */
function makeWhole(file: string): void {
  const draft = `${file}.${process.pid}`;
  ensurePrivateFile(draft);
  openDatabase(draft, format).close();
  try {
    linkSync(draft, file);
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cause;
  } finally {
    for (const part of ['', '-wal', '-shm']) rmSync(`${draft}${part}`, { force: true });
  }
}
