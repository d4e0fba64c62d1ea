import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import {
  type AbsolutePath,
  type Json,
  type JsonObject,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { AuditLog } from './api.ts';
import { checkpointText } from './checkpoint.ts';
import { headFile, headText } from './head.ts';
import type { AgentKey } from './key.ts';
import { encodeEntry } from './line.ts';
import { type Recovered, recover } from './recover.ts';

/** What a log is made of. */
export interface AuditLogOptions {
  readonly file: AbsolutePath;
  readonly run: string;
  readonly key: AgentKey;
  /** Takes the run's secrets out of what is recorded. */
  readonly redact: (value: Json) => Json;
  readonly clock: { now(): number };
}

/** How long an entry may be in the kernel only, where a power failure would take it. A kill of the agent takes none. */
export const syncDelayMs = 100;
/** A signature is 0.1 ms; so it is a ten-thousandth of the budget of an entry. */
export const checkpointEvery = 1000;
/** Of longer arguments and facts the beginning and the length are kept. */
const maxFieldCharacters = 64 * 1024;
const maxNameCharacters = 128;

/**
 * Opens (or goes on with) the record of a run. An incomplete last line, as a power failure leaves one, is taken off and kept in the
 * new opening entry; anything else that doesn't hold is AUDIT_BROKEN. Throws WaterflowFailure.
 */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  try {
    mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
    const fd = openSync(options.file, 'a+', 0o600);
    return new FileAuditLog(options, fd);
  } catch (cause) {
    throw asFailure(cause, options.file);
  }
}

class FileAuditLog implements AuditLog {
  readonly #options: AuditLogOptions;
  readonly #fd: number;
  #sequence: number;
  #hash: string;
  #bytes: number;
  #sinceCheckpoint = 0;
  #unsynced = false;
  #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  /** Once something couldn't be written nothing more is: what follows would not be the whole record. */
  #failure: WaterflowFailure | undefined;
  #closed = false;

  constructor(options: AuditLogOptions, fd: number) {
    this.#options = options;
    this.#fd = fd;
    try {
      const recovered = recover(fd, options);
      this.#sequence = recovered.entries;
      this.#hash = recovered.hash;
      this.#bytes = recovered.bytes;
      this.#open(recovered);
    } catch (cause) {
      closeSync(fd);
      throw cause;
    }
  }

  record(entry: Parameters<AuditLog['record']>[0]): number {
    const { at, call, reason, ...fields } = entry;
    // A guest can make up names of any length.
    const name = (text: string): string => text.slice(0, maxNameCharacters);
    return this.#append({
      kind: 'call',
      at: new Date(at).toISOString(),
      ...fields,
      rules: [...fields.rules],
      call: { capability: name(call.capability), operation: name(call.operation), args: this.#bounded(call.args) },
      ...(reason === undefined ? {} : { reason: this.#options.redact(reason) }),
    });
  }

  result(entry: Parameters<AuditLog['result']>[0]): void {
    const { at, facts, ...fields } = entry;
    this.#append({
      kind: 'result',
      at: new Date(at).toISOString(),
      ...fields,
      ...(facts === undefined ? {} : { facts: this.#bounded(facts) }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#syncing;
    try {
      if (this.#failure === undefined) {
        this.#append({ kind: 'close', at: this.#now(), entries: this.#sequence });
        this.#checkpoint();
        fdatasyncSync(this.#fd);
      }
    } finally {
      closeSync(this.#fd);
    }
  }

  #open(recovered: Recovered): void {
    const { key, run } = this.#options;
    this.#append({
      kind: 'open',
      at: this.#now(),
      version: 1,
      run,
      resumed: recovered.entries > 0,
      key: key.id,
      public_key: key.publicKey,
      ...(recovered.torn === undefined ? {} : { repaired: recovered.torn }),
    });
  }

  /** The line is in the kernel when this returns: it survives whatever happens to this process. */
  #append(fields: { readonly kind: string } & Readonly<Record<string, Json | undefined>>): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed && fields.kind !== 'close' && fields.kind !== 'checkpoint') {
      throw new TypeError('the audit log was closed');
    }
    const position = { sequence: this.#sequence + 1, previous: this.#hash };
    const { line, hash } = encodeEntry(position, fields);
    this.#write(Buffer.from(`${line}\n`));
    this.#sequence = position.sequence;
    this.#hash = hash;
    this.#sinceCheckpoint += 1;
    this.#syncLater();
    if (fields.kind !== 'checkpoint' && fields.kind !== 'close' && this.#sinceCheckpoint >= checkpointEvery)
      this.#checkpoint();
    return position.sequence;
  }

  #write(bytes: Buffer): void {
    try {
      const written = writeSync(this.#fd, bytes);
      if (written < bytes.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      this.#bytes += written;
    } catch (cause) {
      this.#failure = asFailure(cause, this.#options.file);
      // What is in the file stays whole lines.
      ftruncateSync(this.#fd, this.#bytes);
      throw this.#failure;
    }
  }

  #checkpoint(): void {
    const { key, run } = this.#options;
    const sequence = this.#sequence + 1;
    const signature = key.sign(checkpointText({ run, sequence, previous: this.#hash }));
    this.#append({ kind: 'checkpoint', at: this.#now(), key: key.id, signature });
    this.#sinceCheckpoint = 0;
    // The head must never be ahead of the log, not even after a power failure.
    this.#guarded(this.#options.file, () => fdatasyncSync(this.#fd));
    this.#writeHead();
  }

  #writeHead(): void {
    const { key, run, file } = this.#options;
    const head = { run, sequence: this.#sequence, hash: this.#hash };
    const path = headFile(file);
    const text = JSON.stringify({ ...head, key: key.id, signature: key.sign(headText(head)) });
    this.#guarded(path, () => {
      const fd = openSync(`${path}.new`, 'w', 0o600);
      try {
        writeSync(fd, `${text}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(`${path}.new`, path);
    });
  }

  /** Does what must not fail; if it does, the log ends here. */
  #guarded(file: string, act: () => void): void {
    try {
      act();
    } catch (cause) {
      this.#failure = asFailure(cause, file);
      throw this.#failure;
    }
  }

  #syncLater(): void {
    this.#unsynced = true;
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#syncing = this.#sync();
    }, syncDelayMs).unref();
  }

  async #sync(): Promise<void> {
    if (!this.#unsynced) return;
    this.#unsynced = false;
    await new Promise<void>((resolve) => {
      fdatasync(this.#fd, (cause) => {
        if (cause !== null) this.#failure ??= asFailure(cause, this.#options.file);
        resolve();
      });
    });
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  #bounded(value: Json): Json {
    const redacted = this.#options.redact(value);
    const text = JSON.stringify(redacted);
    if (text.length <= maxFieldCharacters) return redacted;
    const shortened: JsonObject = { shortened: text.slice(0, 1024), characters: text.length };
    return shortened;
  }
}

function asFailure(cause: unknown, file: string): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const full = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
  const error: WaterflowError = {
    code: full ? 'STORAGE_FULL' : 'STORAGE_FAILED',
    message: `the audit log ${file} can't be written: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: full
      ? 'Free some space and resume the run.'
      : 'Check the state folder and its permissions, then resume the run.',
    file,
  };
  return new WaterflowFailure(error, { cause });
}
