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

/** Concurrency groups in one SQLite file beside the runs. Every process that runs something in a group has it open. */
export class FolderGroups implements Groups {
  readonly #file: string;
  readonly #bell: FolderBell;
  readonly #database: DatabaseSync;

  constructor(file: string, bell: FolderBell) {
    this.#file = file;
    this.#bell = bell;
    this.#database = attempt({ doing: 'open the concurrency groups', file }, () => {
      ensurePrivateFolder(dirname(file));
      if (!existsSync(file)) makeWhole(file);
      return openDatabase(file, format);
    });
  }

  change(name: string, change: (value: Json | undefined) => Json | undefined): void {
    attempt({ doing: `change the concurrency group ${name}`, file: this.#file }, () =>
      transaction(this.#database, () => {
        const value = change(this.#read(name));
        if (value === undefined) this.#database.prepare('DELETE FROM groups WHERE name = ?').run(name);
        else this.#database.prepare('INSERT OR REPLACE INTO groups VALUES (?, ?)').run(name, JSON.stringify(value));
      }),
    );
    this.#bell.ring(dirname(this.#file));
  }

  read(name: string): Json | undefined {
    const reading = { doing: `read the concurrency group ${name}`, file: this.#file };
    return attempt(reading, () => this.#read(name));
  }

  listen(changed: () => void): Disposable {
    return this.#bell.listen(dirname(this.#file), changed);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #read(name: string): Json | undefined {
    const row = this.#database.prepare('SELECT value FROM groups WHERE name = ?').get(name);
    // Only change() writes there, and it writes JSON.
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Json);
  }
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
