import type { Digest, JsonObject } from '../../schemas/index.ts';
import type { SourceRows } from '../../storage/records/port.ts';
import { canonicalDigest } from './request.ts';
import type { WorkflowSource } from './submissions.ts';

/** Digests of sources that are known to be in the store, at most. */
const mostKnown = 1_000;

/** Workflows as they were sent, by their digests: what people wrote, with its comments, of which a plan has nothing any more. */
export interface Sources {
  /** Keeps one: it is in the store when this resolves. */
  put(source: WorkflowSource): Promise<Digest>;
  /** The store may have lost those that nothing has. */
  doubt(): void;
}

/** Sources over the store's rows. */
export function createSources(rows: Pick<SourceRows, 'put'>): Sources {
  const stored = new Set<Digest>();
  return {
    async put({ workflow, files, file }) {
      const source: JsonObject = { workflow, files, file };
      const digest = canonicalDigest(source);
      if (stored.has(digest)) return digest;
      await rows.put(digest, source);
      stored.add(digest);
      for (const oldest of stored) {
        if (stored.size <= mostKnown) break;
        stored.delete(oldest);
      }
      return digest;
    },
    doubt: () => stored.clear(),
  };
}
