import { WaterflowFailure } from '../../schemas/index.ts';
import type { Page } from './port.ts';
import { type Sql, type SqlRow, sql } from './sql.ts';

/** Where a page ended: a time, and what orders rows of the same time. */
type Place<Tie> = readonly [time: number, tie: Tie];

/** `next` of a page. Opaque for callers. */
function cursorOf(place: Place<string | number>): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** A place from a caller. INVALID_INPUT where {@link cursorOf} didn't make it. */
function placeOf<Tie>(cursor: string, isTie: (value: unknown) => value is Tie): Place<Tie> {
  const value = parsed(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(value) && value.length === 2 && Number.isSafeInteger(value[0]) && isTie(value[1])) {
    return [value[0], value[1]];
  }
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: 'the cursor is none that a page ended with',
    remedy: 'Ask for the first page without a cursor, and for each other with the `next` of the page before it.',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How a table is paged: newest first. */
export interface Order<Row, Tie extends string | number> {
  readonly time: Sql;
  readonly tie: Sql;
  readonly isTie: (value: unknown) => value is Tie;
  readonly placeOf: (row: SqlRow) => Place<Tie>;
  readonly rowFrom: (row: SqlRow) => Row;
}

/** The condition that rows come after a cursor; none without one. */
export function afterCursor<Row, Tie extends string | number>(
  order: Order<Row, Tie>,
  cursor: string | undefined,
): readonly Sql[] {
  if (cursor === undefined) return [];
  const [time, tie] = placeOf(cursor, order.isTie);
  return [sql`(${order.time}, ${order.tie}) < (${time}, ${tie})`];
}

/** The page that `limit + 1` rows make: the last of them only says that there is another page. */
export function pageOf<Row, Tie extends string | number>(
  order: Order<Row, Tie>,
  found: readonly SqlRow[],
  limit: number,
): Page<Row> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const more = found.length > limit && last !== undefined;
  return { rows: rows.map(order.rowFrom), ...(more ? { next: cursorOf(order.placeOf(last)) } : {}) };
}
