import { hash } from 'node:crypto';
import type { Digest, RunId } from '../../../../schemas/index.ts';
import type { RunPayloads } from '../../../../storage/payloads/index.ts';

/** Payloads of runs in memory, where tests look at them. */
export class MemoryPayloads implements RunPayloads {
  readonly #kept = new Map<string, Uint8Array>();

  async put(run: RunId, digest: Digest, bytes: Uint8Array): Promise<void> {
    if (digest !== `sha256:${hash('sha256', bytes, 'hex')}`) throw new TypeError('the digest is of something else');
    this.#kept.set(`${run} ${digest}`, Buffer.from(bytes));
  }

  async get(run: RunId, digest: Digest): Promise<Uint8Array | undefined> {
    return this.#kept.get(`${run} ${digest}`);
  }

  get all(): readonly Uint8Array[] {
    return [...this.#kept.values()];
  }

  clear(): void {
    this.#kept.clear();
  }
}
