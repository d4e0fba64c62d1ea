import type { Digest, JsonObject } from '../../../schemas/index.ts';
import { identifier, type Operation, sql } from '../sql.ts';
import { jsonFrom } from '../text.ts';

/** Tables of documents by their digests: each is kept once, as long as something names it. */
export type ContentTable = 'plans' | 'sources';

/** What is put again soon isn't written again. */
const putAgainMs = 3_600_000;

/** Keeps a document, and for a while longer one that is there. */
export function* putContent(
  table: ContentTable,
  { digest, content }: { readonly digest: Digest; readonly content: JsonObject },
  now: number,
): Operation<void> {
  const [there] = yield sql`SELECT put_at FROM ${identifier(table)} WHERE digest = ${digest}`;
  if (there !== undefined && Number(there['put_at']) > now - putAgainMs) return;
  yield sql`INSERT INTO ${identifier(table)} (digest, content, put_at) VALUES (${digest}, ${JSON.stringify(content)}, ${now})
    ON CONFLICT (digest) DO UPDATE SET put_at = excluded.put_at`;
}

export function* getContent(table: ContentTable, digest: Digest): Operation<JsonObject | undefined> {
  const [row] = yield sql`SELECT content FROM ${identifier(table)} WHERE digest = ${digest}`;
  return row === undefined ? undefined : jsonFrom(row, 'content');
}

/** Takes those away that nothing names, and that nobody put since. `column`: by which runs, schedules and webhooks name them. */
export function* removeUnused(
  { table, column }: { readonly table: ContentTable; readonly column: 'plan' | 'source' },
  { before, limit }: { readonly before: number; readonly limit: number },
): Operation<void> {
  const named = identifier(column);
  yield sql`DELETE FROM ${identifier(table)} WHERE digest IN (
    SELECT digest FROM ${identifier(table)} AS kept WHERE put_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.${named} = kept.digest)
      AND NOT EXISTS (SELECT 1 FROM schedules WHERE schedules.${named} = kept.digest)
      AND NOT EXISTS (SELECT 1 FROM webhooks WHERE webhooks.${named} = kept.digest)
    LIMIT ${limit})`;
}
