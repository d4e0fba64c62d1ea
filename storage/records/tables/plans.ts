import type { Digest, JsonObject } from '../../../schemas/index.ts';
import { type Operation, sql } from '../sql.ts';
import { jsonFrom } from '../text.ts';

/** A plan that is put again soon isn't written again. */
const putAgainMs = 3_600_000;

/** Keeps a plan, and for a while longer one that is there. */
export function* putPlan(digest: Digest, plan: JsonObject, now: number): Operation<void> {
  const [there] = yield sql`SELECT put_at FROM plans WHERE digest = ${digest}`;
  if (there !== undefined && Number(there['put_at']) > now - putAgainMs) return;
  yield sql`INSERT INTO plans (digest, content, put_at) VALUES (${digest}, ${JSON.stringify(plan)}, ${now})
    ON CONFLICT (digest) DO UPDATE SET put_at = excluded.put_at`;
}

export function* getPlan(digest: Digest): Operation<JsonObject | undefined> {
  const [row] = yield sql`SELECT content FROM plans WHERE digest = ${digest}`;
  return row === undefined ? undefined : jsonFrom(row, 'content');
}
