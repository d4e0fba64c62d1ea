import { existsSync } from 'node:fs';
import { ChainReader } from './chain.ts';
import type { AuditEntry } from './entry.ts';
import { headFile, readHead } from './head.ts';
import { decodeEntry, isTornEntry } from './line.ts';
import { linesOfFile } from './lines.ts';
import { readReserve } from './reserve.ts';
import { lastSegment, segmentFile } from './segments.ts';
import { checkpointsFile, headWitness, readCheckpoints, WitnessCheck } from './witnesses.ts';

/** Against what a log is checked, beside itself. */
export interface CheckOptions {
  /** The agent's public key (PEM). Without it a log is checked against the key that it names itself. */
  readonly publicKey?: string;
  /** Whether the head must lie beside the log, as it does in a state folder; a copy of a log may come without it. */
  readonly head?: 'required';
  /** A file or folder with checkpoints that the agent left elsewhere. */
  readonly checkpoints?: string;
}

/** Where a chain breaks. `line` is 1-based within `file`; `sequence` is the entry that should stand there. */
export interface ChainBreak {
  readonly file: string;
  readonly line: number;
  readonly sequence: number;
  readonly reason: string;
}

/** How the reading of a log ended. */
export type CheckedLog =
  | { readonly kind: 'broken'; readonly at: ChainBreak }
  /** Not a single entry; what is there is what was left of the first. */
  | { readonly kind: 'empty'; readonly file: string; readonly torn: Buffer }
  | {
      readonly kind: 'holds';
      readonly chain: ChainReader;
      readonly run: string;
      /** The last file, the bytes of its whole lines, and how many those are. */
      readonly file: string;
      readonly segment: number;
      readonly bytes: number;
      readonly lines: number;
      /** What was left of an entry that was being written; empty where nothing was. */
      readonly torn: Buffer;
      /** Outcomes that stand in the reserve and not in the log yet. */
      readonly reserved: Buffer;
      /** Checkpoints of the run that were found elsewhere. */
      readonly witnesses: number;
    };

/** Reads a log from its first file to its reserve, giving each entry that holds, up to the first that doesn't. */
export function* checkLog(auditFile: string, options: CheckOptions = {}): Generator<AuditEntry, CheckedLog> {
  return yield* new LogCheck(auditFile, options).run();
}

class LogCheck {
  readonly #auditFile: string;
  readonly #options: CheckOptions;
  readonly #chain: ChainReader;
  readonly #check = new WitnessCheck();
  #witnesses = 0;
  #file: string;
  #line = 0;
  #bytes = 0;
  #torn: Buffer = Buffer.alloc(0);

  constructor(auditFile: string, options: CheckOptions) {
    this.#auditFile = auditFile;
    this.#options = options;
    this.#chain = new ChainReader(options.publicKey);
    this.#file = auditFile;
  }

  *run(): Generator<AuditEntry, CheckedLog> {
    // Before the log: of one that is being written, the head is never ahead of what is read after it.
    const head = readHead(this.#auditFile);
    const last = lastSegment(this.#auditFile);
    for (let segment = 0; segment <= last; segment += 1) {
      const broken = yield* this.#readSegment(segment, { last, head });
      if (broken !== undefined) return { kind: 'broken', at: broken };
    }
    const { file, bytes, lines } = { file: this.#file, bytes: this.#bytes, lines: this.#line };
    const reserve = yield* this.#readReserve(last);
    if ('broken' in reserve) return { kind: 'broken', at: reserve.broken };
    const { run, entries } = this.#chain;
    this.#line += 1;
    if (run === undefined) return { kind: 'empty', file, torn: this.#torn };
    const cut = this.#check.end(entries) ?? this.#missingHead(head);
    if (cut !== undefined) return { kind: 'broken', at: this.#break(cut) };
    const { reserved } = reserve;
    const torn = this.#torn;
    return {
      kind: 'holds',
      chain: this.#chain,
      run,
      file,
      segment: last,
      bytes,
      lines,
      torn,
      reserved,
      witnesses: this.#witnesses,
    };
  }

  *#readSegment(
    segment: number,
    log: { readonly last: number; readonly head: ReturnType<typeof readHead> },
  ): Generator<AuditEntry, ChainBreak | undefined> {
    this.#file = segmentFile(this.#auditFile, segment);
    [this.#line, this.#bytes] = [1, 0];
    if (log.last > 0 && !existsSync(this.#file)) {
      return this.#break(`${this.#file} is missing, and later files of the log are there`);
    }
    for (const { kind, number, bytes } of linesOfFile(this.#file)) {
      this.#line = number;
      if (kind === 'rest') return this.#readRest(bytes, segment === log.last);
      const read = this.#chain.read(bytes, { segment, first: number === 1 });
      if ('broken' in read) return this.#break(read.broken);
      const problem =
        (read.entry.sequence === 1 ? this.#addWitnesses(log.head) : undefined) ?? this.#check.see(read.entry);
      if (problem !== undefined) return this.#break(problem, read.entry.sequence);
      this.#bytes += bytes.length + 1;
      yield read.entry;
    }
    return undefined;
  }

  #readRest(rest: Buffer, last: boolean): ChainBreak | undefined {
    const { entries, hash } = this.#chain;
    const next = entries + 1;
    const torn = rest.length > 0;
    if (torn && !last) return this.#break(`entry ${next} is incomplete, and later files of the log are there`);
    if (torn && !isTornEntry(rest, { sequence: next, previous: hash })) {
      return this.#break(`what stands in the place of entry ${next} is no beginning of an entry`);
    }
    this.#torn = rest;
    // It is no line.
    this.#line -= 1;
    return undefined;
  }

  #addWitnesses(head: ReturnType<typeof readHead>): string | undefined {
    const log = { run: this.#chain.run ?? '', publicKey: this.#chain.signer };
    const beside = headWitness(this.#auditFile, head, log);
    if ('problem' in beside) return beside.problem;
    if (beside.witness !== undefined) this.#check.add(beside.witness);
    const { checkpoints } = this.#options;
    const place = checkpoints === undefined ? undefined : checkpointsFile(checkpoints, log.run);
    if (place === undefined || !existsSync(place)) return undefined;
    const elsewhere = readCheckpoints(place, log);
    if ('problem' in elsewhere) return elsewhere.problem;
    this.#witnesses = elsewhere.witnesses.length;
    for (const witness of elsewhere.witnesses) this.#check.add(witness);
    return undefined;
  }

  /** Outcomes that found no room in the log. Those that were taken over into it since may stand here still. */
  *#readReserve(
    segment: number,
  ): Generator<AuditEntry, { readonly reserved: Buffer } | { readonly broken: ChainBreak }> {
    const { file, lines } = readReserve(this.#auditFile);
    const inLog = this.#chain.entries;
    const reserved: Buffer[] = [];
    if (lines.length > 0) [this.#file, this.#line] = [file, 0];
    for (const line of lines) {
      this.#line += 1;
      const decoded = decodeEntry(line);
      if (reserved.length === 0 && 'entry' in decoded && decoded.entry.sequence <= inLog) {
        const { sequence, hash } = decoded.entry;
        if (sequence === inLog && hash !== this.#chain.hash)
          return { broken: this.#break(`entry ${sequence} stands in the log otherwise`, sequence) };
        continue;
      }
      const read = this.#chain.read(line, { segment, first: false });
      if ('broken' in read) return { broken: this.#break(read.broken) };
      const problem = this.#check.see(read.entry);
      if (problem !== undefined) return { broken: this.#break(problem, read.entry.sequence) };
      reserved.push(line, newline);
      yield read.entry;
    }
    // What was being written to the log when the disk was full is no loss: the entry's call was not made.
    if (reserved.length > 0) this.#torn = Buffer.alloc(0);
    return { reserved: Buffer.concat(reserved) };
  }

  /** From the first entry on there is a head: whoever takes it away has cut something off that it told of. */
  #missingHead(head: ReturnType<typeof readHead>): string | undefined {
    if (this.#options.head !== 'required' || head !== 'missing' || this.#chain.entries <= 1) return undefined;
    return `${headFile(this.#auditFile)} is missing, and with it how far the log went`;
  }

  #break(reason: string, sequence = this.#chain.entries + 1): ChainBreak {
    return { file: this.#file, line: this.#line, sequence, reason };
  }
}

const newline = Buffer.from('\n');
