import type { Digest, JsonObject } from '../../../schemas/index.ts';
import { type Operation, sql } from '../sql.ts';
import { jsonFrom } from '../text.ts';

/** A source that is put again soon isn't written again. */
const putAgainMs = 3_600_000;

/** Keeps a source, and for a while longer one that is there. */
export function* putSource(digest: Digest, source: JsonObject, now: number): Operation<void> {
  const [there] = yield sql`SELECT put_at FROM sources WHERE digest = ${digest}`;
  if (there !== undefined && Number(there['put_at']) > now - putAgainMs) return;
  yield sql`INSERT INTO sources (digest, content, put_at) VALUES (${digest}, ${JSON.stringify(source)}, ${now})
    ON CONFLICT (digest) DO UPDATE SET put_at = excluded.put_at`;
}

export function* getSource(digest: Digest): Operation<JsonObject | undefined> {
  const [row] = yield sql`SELECT content FROM sources WHERE digest = ${digest}`;
  return row === undefined ? undefined : jsonFrom(row, 'content');
}
