import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AbsolutePath, type Json, type JsonObject, type WaterflowFailure } from '../../schemas/index.ts';
import type { AuditEnd, AuditLog, AuditRecord, AuditResult, AuditStart } from './api.ts';
import { checkpointText } from './checkpoint.ts';
import { readHead } from './head.ts';
import { CheckpointsFile, Heads, replaceHead, signHead } from './heads.ts';
import type { AgentKey } from './key.ts';
import { encodeEntry } from './line.ts';
import { LogFiles } from './log-files.ts';
import { type Recovered, recover } from './recover.ts';
import { isNoRoom, noRoom, storageFailure } from './room.ts';

/** What a log is made of. */
export interface AuditLogOptions {
  readonly file: AbsolutePath;
  readonly run: string;
  readonly key: AgentKey;
  /** Takes the run's secrets out of what is recorded. */
  readonly redact: (value: Json) => Json;
  readonly clock: { now(): number };
  /** A file, or a folder, in which signed heads are left as they are made: on another disk, or only to be appended to. */
  readonly checkpoints?: string;
  readonly limits?: Partial<AuditLogLimits>;
}

/** When a log goes on in another file, and how long entries go unsigned. */
export interface AuditLogLimits {
  readonly segmentBytes: number;
  readonly checkpointMs: number;
}

const standardLimits: AuditLogLimits = {
  /** Small enough to be copied and looked at with ordinary tools. */
  segmentBytes: 64 * 1024 ** 2,
  /** Whoever gets at the log has so long for changing it unseen. */
  checkpointMs: 10_000,
};
/** How long an entry may be in the kernel only, where a power failure would take it. A kill of the agent takes none. */
export const syncDelayMs = 100;
/** A signature is 0.1 ms; so it is a ten-thousandth of the budget of an entry. */
export const checkpointEvery = 1000;
/** Of longer arguments and facts the beginning and the length are kept. */
const maxFieldCharacters = 64 * 1024;
const maxNameCharacters = 128;
/** The most that an outcome takes in the reserve; longer ones leave out what they can. */
const outcomeBytes = 1024;

type Fields = { readonly kind: string } & Readonly<Record<string, Json | undefined>>;

/**
 * Opens (or goes on with) the record of a run. An incomplete last line, as a power failure leaves one, is taken off and kept in the
 * new opening entry; anything else that doesn't hold is AUDIT_BROKEN. Throws WaterflowFailure.
 */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  try {
    mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
    return new FileAuditLog(options, recover(options));
  } catch (cause) {
    throw storageFailure(cause, options.file);
  }
}

class FileAuditLog implements AuditLog {
  readonly #options: AuditLogOptions;
  readonly #limits: AuditLogLimits;
  readonly #files: LogFiles;
  readonly #heads: Heads;
  #sequence: number;
  #hash: string;
  #unsigned = 0;
  /** Outcomes that are still to come. */
  #owed = 0;
  #syncTimer: NodeJS.Timeout | undefined;
  #checkpointTimer: NodeJS.Timeout | undefined;
  /** Once something couldn't be written no call is recorded any more: what follows would not be the whole record. */
  #failure: WaterflowFailure | undefined;
  #closed = false;

  constructor(options: AuditLogOptions, recovered: Recovered) {
    this.#options = options;
    this.#limits = { ...standardLimits, ...options.limits };
    this.#sequence = recovered.entries;
    this.#hash = recovered.hash;
    const { checkpoints, run } = options;
    const elsewhere = checkpoints === undefined ? undefined : openCheckpoints(checkpoints, run);
    this.#files = new LogFiles(options.file, recovered);
    this.#heads = new Heads(options.file, this.#files, elsewhere);
    // The agent was killed between making this file and writing its first line.
    if (recovered.segment > 0 && recovered.bytes === 0) this.#append(this.#beginning(recovered.segment));
    this.#open(recovered);
    if (readHead(options.file) === 'missing') this.#beginHead();
  }

  started({ at, ...fields }: AuditStart): number {
    const sequence = this.#promise({ kind: 'start', at: time(at), ...fields, secrets: [...fields.secrets] });
    this.#owed += 1;
    return sequence;
  }

  record({ at, call, reason, truncated, ...fields }: AuditRecord): number {
    const args = this.#bounded(call.args);
    // A guest can make up names of any length.
    const name = (text: string): string => text.slice(0, maxNameCharacters);
    const sequence = this.#promise({
      kind: 'call',
      at: time(at),
      ...fields,
      rules: [...fields.rules],
      call: { capability: name(call.capability), operation: name(call.operation), args: args.value },
      truncated: truncated || args.shortened,
      ...(reason === undefined ? {} : { reason: this.#options.redact(reason) }),
    });
    if (fields.decision === 'allowed') this.#owed += 1;
    return sequence;
  }

  result({ at, facts, secrets, ...fields }: AuditResult): void {
    const outcome: Fields = { kind: 'result', at: time(at), ...fields };
    this.#settle(outcome, {
      ...(secrets === undefined ? {} : { secrets: [...secrets] }),
      ...(facts === undefined ? {} : { facts: this.#bounded(facts).value }),
    });
  }

  ended({ at, secrets, ...fields }: AuditEnd): void {
    this.#settle({ kind: 'end', at: time(at), ...fields, secrets: [] }, { secrets: [...secrets] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#checkpointTimer);
    try {
      await this.#heads.settled();
      if (this.#failure === undefined) {
        this.#append({ kind: 'close', at: this.#now(), entries: this.#sequence });
        this.#append(this.#signed());
        this.#heads.leaveNow(this.#head());
      } else if (isNoRoom(this.#failure.cause)) {
        this.#checkpointWithoutRoom();
      }
    } finally {
      await this.#files.close();
      this.#heads.close();
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

  /** From here on a log without a head is one that somebody cut. */
  #beginHead(): void {
    this.#files.syncNow();
    replaceHead(this.#options.file, this.#head());
  }

  /** Records what is about to happen. What comes of it will find room. */
  #promise(fields: Fields): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new TypeError('the audit log was closed');
    return this.#guarded(() => {
      // One more for a checkpoint at the end.
      this.#files.holdBack((this.#owed + 2) * outcomeBytes);
      if (this.#files.bytes >= this.#limits.segmentBytes) {
        this.#goOn();
        this.#checkpoint();
      } else if (this.#unsigned >= checkpointEvery) {
        this.#checkpoint();
      }
      return this.#append(fields);
    });
  }

  /** Records what came of something. `more` is left out where only the reserve has room, and wouldn't have it for that. */
  #settle(outcome: Fields, more: JsonObject): void {
    this.#owed = Math.max(0, this.#owed - 1);
    this.#guarded(() => this.#append({ ...outcome, ...more }, outcome));
  }

  /** The line is in the kernel when this returns: it survives whatever happens to this process. */
  #append(fields: Fields, otherwise?: Fields): number {
    const position = { sequence: this.#sequence + 1, previous: this.#hash };
    let entry = encodeEntry(position, fields);
    if (this.#files.write(Buffer.from(`${entry.line}\n`)) === 'no room') {
      if (otherwise === undefined) throw noRoom();
      if (entry.line.length * 3 >= outcomeBytes) entry = encodeEntry(position, otherwise);
      this.#files.writeToReserve(Buffer.from(`${entry.line}\n`));
      this.#failure ??= storageFailure(noRoom(), this.#options.file);
    }
    return this.#appended(position.sequence, entry.hash);
  }

  /** Goes on in a further file. */
  #goOn(): void {
    const position = { sequence: this.#sequence + 1, previous: this.#hash };
    const { line, hash } = encodeEntry(position, this.#beginning(this.#files.segment + 1));
    this.#files.next(Buffer.from(`${line}\n`));
    this.#appended(position.sequence, hash);
  }

  #appended(sequence: number, hash: string): number {
    this.#sequence = sequence;
    this.#hash = hash;
    this.#unsigned += 1;
    this.#later();
    return sequence;
  }

  /** The first entry of a further file says which it is, so that none can be taken away or put in another's place. */
  #beginning(segment: number): Fields {
    const { run, key } = this.#options;
    return { kind: 'segment', at: this.#now(), segment, run, key: key.id };
  }

  /** Signs all that there is. The signature is in the log when this returns; nothing more is recorded where its head can't be left. */
  #checkpoint(): void {
    this.#append(this.#signed());
    this.#unsigned = 0;
    this.#heads.leave(this.#head(), (cause) => this.#fail(cause));
  }

  /** Signs what a full disk let be written; elsewhere there may be room to say so. The failure itself is known by now. */
  #checkpointWithoutRoom(): void {
    try {
      const signed = this.#signed();
      this.#append(signed, signed);
      this.#files.syncNow();
      this.#heads.leaveElsewhere(this.#head());
    } catch {
      // Then these entries are in the log and not signed yet; they are as soon as the run is resumed.
    }
  }

  #signed(): Fields {
    const { key, run } = this.#options;
    const text = checkpointText({ run, sequence: this.#sequence + 1, previous: this.#hash });
    return { kind: 'checkpoint', at: this.#now(), key: key.id, signature: key.sign(text) };
  }

  #head(): string {
    return signHead(this.#options.key, { run: this.#options.run, sequence: this.#sequence, hash: this.#hash });
  }

  /** Does what must not fail; if it does, no call is recorded any more. */
  #guarded<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  #fail(cause: unknown): WaterflowFailure {
    this.#failure ??= storageFailure(cause, this.#options.file);
    return this.#failure;
  }

  #later(): void {
    if (this.#closed || this.#failure !== undefined) return;
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#files.synced().catch((cause: unknown) => this.#fail(cause));
    }, syncDelayMs).unref();
    this.#checkpointTimer ??= setTimeout(() => {
      this.#checkpointTimer = undefined;
      this.#checkpointInTime();
    }, this.#limits.checkpointMs).unref();
  }

  #checkpointInTime(): void {
    if (this.#failure !== undefined || this.#unsigned === 0) return;
    try {
      this.#guarded(() => this.#checkpoint());
    } catch {
      // The next call finds the failure.
    }
    // The checkpoint itself has nothing to be signed for.
    clearTimeout(this.#checkpointTimer);
    this.#checkpointTimer = undefined;
  }

  #now(): string {
    return time(this.#options.clock.now());
  }

  #bounded(value: Json): { readonly value: Json; readonly shortened: boolean } {
    const redacted = this.#options.redact(value);
    const text = JSON.stringify(redacted);
    if (text.length <= maxFieldCharacters) return { value: redacted, shortened: false };
    return { value: { shortened: text.slice(0, 1024), characters: text.length }, shortened: true };
  }
}

function openCheckpoints(place: string, run: string): CheckpointsFile {
  try {
    return new CheckpointsFile(place, run);
  } catch (cause) {
    throw storageFailure(cause, place);
  }
}

/** Of the millisecond that was asked for last: entries come several in one, and writing it takes as long as hashing one. */
let lastTime = { at: Number.NaN, text: '' };

function time(at: number): string {
  if (lastTime.at !== at) lastTime = { at, text: new Date(at).toISOString() };
  return lastTime.text;
}
