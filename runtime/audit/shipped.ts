import { ChainReader } from './chain.ts';
import type { AuditEntry } from './entry.ts';
import { keyId } from './key.ts';

/** A log's further files begin so, wherever the bounds of files are not known any more. */
const beginsFile = /^\{"sequence":\d+,"previous":"[0-9a-f]{64}","kind":"segment"/u;

/**
 * A log that somebody else keeps line by line, read from its first entry on. It is checked against the key that it names itself: that no
 * entry was changed, left out or added since the agent wrote it, as far as that key's signatures go. Whose key it is, and whether entries
 * are missing at its end, only the agent's own files say.
 */
export class ShippedChain {
  /** The hash that its first entry has to have. */
  readonly #first: string;
  readonly #reader = new ChainReader(undefined);
  #broken: string | undefined;

  constructor(first: string) {
    this.#first = first;
  }

  /** The entry of the next line; undefined where it doesn't hold, and from there on. */
  read(line: string): AuditEntry | undefined {
    if (this.#broken !== undefined) return undefined;
    const isFirst = beginsFile.test(line);
    const read = this.#reader.read(Buffer.from(line), { segment: isFirst ? 1 : 0, first: isFirst });
    if ('broken' in read) this.#broken = read.broken;
    else if (read.entry.sequence === 1 && read.entry.hash !== this.#first) {
      this.#broken = 'the log begins with another entry than the one it is named by';
    } else return read.entry;
    return undefined;
  }

  /** Why it doesn't hold; undefined as long as it does. */
  get broken(): string | undefined {
    return this.#broken;
  }

  /** Those that hold, from the first on. */
  get entries(): number {
    return this.#reader.entries;
  }

  /** The last entry that a signature covers. */
  get signed(): number {
    return this.#reader.signed;
  }

  /** Whether its last entry closes it. */
  get closed(): boolean {
    return this.#reader.closed;
  }

  /** The id of the key that it names; undefined before the first entry. */
  get key(): string | undefined {
    return this.#reader.publicKey === undefined ? undefined : keyId(this.#reader.publicKey);
  }

  /** The run that it is of; undefined before the first entry. */
  get run(): string | undefined {
    return this.#reader.run;
  }
}
