import { dirname } from 'node:path';
import type { Json, RunId } from '../../schemas/index.ts';
import type { JournalEntry, LogSegment, RunRecord, RunStore } from '../port.ts';
import type { FolderBell } from './bell.ts';
import { Blobs } from './blobs.ts';
import { attempt } from './failures.ts';
import { Journal } from './journal.ts';
import type { RunLayout } from './layout.ts';
import { takeLock } from './lock.ts';
import { type LogAddress, Logs } from './logs.ts';
import { ensurePrivateFolder } from './private-files.ts';

/** A run's folder, opened and locked. */
export class FolderRunStore implements RunStore {
  readonly run: RunId;
  readonly folder: string;
  readonly #bell: FolderBell;
  readonly #journal: Journal;
  readonly #logs: Logs;
  readonly #blobs: Blobs;
  readonly #resources: DisposableStack;

  constructor(run: RunId, layout: RunLayout, options: { readonly logLimitBytes: number; readonly bell: FolderBell }) {
    this.run = run;
    this.folder = layout.folder;
    this.#bell = options.bell;
    using opened = new DisposableStack();
    opened.use(takeLock(run, layout));
    this.#journal = opened.use(new Journal(run, layout));
    attempt({ doing: 'make a folder', file: layout.folder }, () => {
      ensurePrivateFolder(dirname(layout.logs));
      ensurePrivateFolder(layout.blobs);
    });
    this.#logs = opened.use(new Logs(layout.logs, options.logLimitBytes));
    this.#blobs = new Blobs(layout.blobs);
    this.#resources = opened.move();
  }

  record(): RunRecord {
    return this.#journal.record;
  }

  append(entries: readonly Omit<JournalEntry, 'sequence'>[], values?: Readonly<Record<string, Json>>): void {
    this.#journal.append(entries, values);
    this.#bell.ring(this.folder);
  }

  entries(): IterableIterator<JournalEntry> {
    return this.#journal.entries();
  }

  appendLog(segment: LogSegment): void {
    this.#logs.append(segment);
    this.#bell.ring(this.folder);
  }

  tail(step: LogAddress, lines: number): string {
    return this.#logs.tail(step, lines);
  }

  logs(step?: LogAddress): IterableIterator<LogSegment> {
    return this.#logs.read(step);
  }

  putBlob(bytes: Uint8Array): string {
    return this.#blobs.put(bytes);
  }

  getBlob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  set(key: string, value: Json): void {
    this.#journal.set(key, value);
  }

  get(key: string): Json | undefined {
    return this.#journal.get(key);
  }

  /** Closes everything and frees the lock, last. */
  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
