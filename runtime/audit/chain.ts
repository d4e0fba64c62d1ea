import { assertNever } from '../../schemas/index.ts';
import { checkpointText } from './checkpoint.ts';
import { type AuditEntry, type OpenEntry, typedEntry } from './entry.ts';
import { isSignedBy, keyId } from './key.ts';
import { decodeEntry, genesis } from './line.ts';

/** Where a line stands: in which file of the log, and whether it is that file's first. */
export interface LinePlace {
  readonly segment: number;
  readonly first: boolean;
}

/** Reads a log line by line and says where it stops being what was written. */
export class ChainReader {
  /** The public key (PEM) that must have signed; the log's own where none is given. */
  readonly #trusted: string | undefined;
  #entries = 0;
  #hash = genesis;
  #run: string | undefined;
  #publicKey: string | undefined;
  #checkpoints = 0;
  #signed = 0;
  #closed = false;

  constructor(trustedKey: string | undefined) {
    this.#trusted = trustedKey;
  }

  /** Takes the next line, without its newline; `broken` says what is wrong with it. After that nothing more is to be read. */
  read(line: Buffer, place: LinePlace): { readonly entry: AuditEntry } | { readonly broken: string } {
    const sequence = this.#entries + 1;
    const decoded = decodeEntry(line);
    if ('problem' in decoded) return { broken: `entry ${sequence} was changed: ${decoded.problem}` };
    const { entry } = decoded;
    if (entry.sequence !== sequence) return { broken: outOfOrder(entry.sequence, sequence) };
    if (entry.previous !== this.#hash) {
      return {
        broken: `entry ${sequence} does not follow entry ${sequence - 1}: one of them was changed after it was written`,
      };
    }
    const typed = typedEntry(entry);
    if ('problem' in typed) return { broken: `entry ${sequence} ${typed.problem}` };
    const problem = this.#misplaced(typed.entry, place) ?? this.#readKind(typed.entry, entry.previous);
    if (problem !== undefined) return { broken: problem };
    this.#entries = sequence;
    this.#hash = entry.hash;
    return typed;
  }

  /** Entries read so far; the last one's sequence. */
  get entries(): number {
    return this.#entries;
  }

  /** The last entry's hash. */
  get hash(): string {
    return this.#hash;
  }

  get run(): string | undefined {
    return this.#run;
  }

  get checkpoints(): number {
    return this.#checkpoints;
  }

  /** The last entry that a checkpoint covers. */
  get signed(): number {
    return this.#signed;
  }

  /** Whether the log was closed in order after its last entry. */
  get closed(): boolean {
    return this.#closed;
  }

  /** PEM; undefined before the first line. */
  get publicKey(): string | undefined {
    return this.#publicKey;
  }

  /** Whose signatures count (PEM). */
  get signer(): string {
    return this.#trusted ?? this.#publicKey ?? '';
  }

  #misplaced({ kind, sequence }: AuditEntry, { segment, first }: LinePlace): string | undefined {
    if (sequence === 1 && kind !== 'open') return 'the log does not begin with its opening entry';
    const begins = first && segment > 0;
    if (begins === (kind === 'segment')) return undefined;
    return begins
      ? `the file does not begin with the entry that begins every further file of a log, but with entry ${sequence}`
      : `entry ${sequence} begins a file of the log, and stands within one`;
  }

  #readKind(entry: AuditEntry, previous: string): string | undefined {
    switch (entry.kind) {
      case 'open':
        return this.#readOpen(entry);
      case 'segment':
        return this.#readSubject(entry);
      case 'checkpoint':
        return this.#readCheckpoint(entry, previous);
      case 'close':
        this.#closed = true;
        return undefined;
      case 'start':
      case 'call':
      case 'result':
      case 'end':
        return this.#closed ? `entry ${entry.sequence} comes after the log was closed` : this.#readSubject(entry);
      default:
        return assertNever(entry);
    }
  }

  #readSubject(entry: AuditEntry): string | undefined {
    return 'run' in entry && entry.run !== this.#run ? `entry ${entry.sequence} belongs to another run` : undefined;
  }

  #readOpen({ run, key, public_key: publicKey, sequence }: OpenEntry): string | undefined {
    if (idOf(publicKey) !== key) return `entry ${sequence} names a key that isn't the one it gives`;
    if (this.#run !== undefined && this.#run !== run) return `entry ${sequence} belongs to another run`;
    if (this.#trusted !== undefined && idOf(this.#trusted) !== key) {
      return `entry ${sequence} names another agent's key than the one that is trusted`;
    }
    this.#run = run;
    this.#publicKey = publicKey;
    this.#closed = false;
    return undefined;
  }

  #readCheckpoint(
    { signature, sequence }: { signature: string; sequence: number },
    previous: string,
  ): string | undefined {
    if (!isSignedBy(this.signer, checkpointText({ run: this.#run ?? '', sequence, previous }), signature)) {
      return `the signature of checkpoint ${sequence} does not match: something before it was rewritten`;
    }
    this.#checkpoints += 1;
    this.#signed = sequence;
    return undefined;
  }
}

function outOfOrder(found: number, expected: number): string {
  if (found > expected) return `entry ${expected} is missing: entry ${found} stands in its place`;
  return `entry ${found} stands where entry ${expected} belongs: it was inserted, repeated or moved`;
}

function idOf(publicKey: string): string | undefined {
  try {
    return keyId(publicKey);
  } catch {
    return undefined;
  }
}
