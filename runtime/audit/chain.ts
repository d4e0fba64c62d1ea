import { checkpointText } from './checkpoint.ts';
import { type ChainedEntry, decodeEntry, genesis } from './line.ts';
import { isSignedBy, keyId } from './key.ts';

/** Where a chain breaks. `line` is 1-based; `sequence` is the entry that should stand there. */
export interface ChainBreak {
  readonly line: number;
  readonly sequence: number;
  readonly reason: string;
}

/** Reads a log line by line and says where it stops being what was written. */
export class ChainReader {
  /** The public key (PEM) that must have signed; the log's own where none is given. */
  readonly #trusted: string | undefined;
  #last: ChainedEntry | undefined;
  #run: string | undefined;
  #publicKey: string | undefined;
  #checkpoints = 0;
  #signed = 0;
  #closed = false;

  constructor(trustedKey: string | undefined) {
    this.#trusted = trustedKey;
  }

  /** Takes the next line, without its newline; what is wrong with it. After a break nothing more is to be read. */
  read(line: Buffer): ChainBreak | undefined {
    const sequence = this.entries + 1;
    const broken = (reason: string): ChainBreak => ({ line: sequence, sequence, reason });
    const decoded = decodeEntry(line);
    if ('problem' in decoded) return broken(`entry ${sequence} was changed: ${decoded.problem}`);
    const { entry } = decoded;
    if (entry.sequence !== sequence) return broken(outOfOrder(entry.sequence, sequence));
    if (entry.previous !== this.hash) {
      return broken(
        `entry ${sequence} does not follow entry ${sequence - 1}: one of them was changed after it was written`,
      );
    }
    const problem = this.#readKind(entry);
    if (problem !== undefined) return broken(problem);
    this.#last = entry;
    return undefined;
  }

  /** Entries read so far; the last one's sequence. */
  get entries(): number {
    return this.#last?.sequence ?? 0;
  }

  /** The last entry's hash. */
  get hash(): string {
    return this.#last?.hash ?? genesis;
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

  #readKind(entry: ChainedEntry): string | undefined {
    if (entry.sequence === 1 && entry.kind !== 'open') return 'the log does not begin with its opening entry';
    switch (entry.kind) {
      case 'open':
        return this.#readOpen(entry);
      case 'checkpoint':
        return this.#readCheckpoint(entry);
      case 'close':
        this.#closed = true;
        return undefined;
      case 'call':
      case 'result':
        return this.#closed ? `entry ${entry.sequence} comes after the log was closed` : undefined;
      default:
        return `entry ${entry.sequence} is of the unknown kind \`${entry.kind}\``;
    }
  }

  #readOpen({ fields, sequence }: ChainedEntry): string | undefined {
    const { run, public_key: publicKey } = fields;
    if (typeof run !== 'string' || typeof publicKey !== 'string') return `the opening entry ${sequence} is incomplete`;
    if (this.#run !== undefined && this.#run !== run) return `entry ${sequence} belongs to another run`;
    if (this.#trusted !== undefined && !sameKey(this.#trusted, publicKey)) {
      return `entry ${sequence} names another agent's key than the one that is trusted`;
    }
    this.#run = run;
    this.#publicKey = publicKey;
    this.#closed = false;
    return undefined;
  }

  #readCheckpoint({ fields, sequence, previous }: ChainedEntry): string | undefined {
    const { signature } = fields;
    const key = this.#trusted ?? this.#publicKey ?? '';
    const text = checkpointText({ run: this.#run ?? '', sequence, previous });
    if (typeof signature !== 'string' || !isSignedBy(key, text, signature)) {
      return `the signature of checkpoint ${sequence} does not match: something before it was rewritten`;
    }
    this.#checkpoints += 1;
    this.#signed = sequence;
    return undefined;
  }
}

function outOfOrder(found: number, expected: number): string {
  if (found > expected) {
    return `entry ${expected} is missing: entry ${found} stands in its place`;
  }
  return `entry ${found} stands where entry ${expected} belongs: it was inserted, repeated or moved`;
}

function sameKey(left: string, right: string): boolean {
  try {
    return keyId(left) === keyId(right);
  } catch {
    return false;
  }
}
