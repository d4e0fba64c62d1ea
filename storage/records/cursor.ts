import { WaterflowFailure } from '../../schemas/index.ts';
import type { Page } from './port.ts';
import { type Sql, type SqlRow, sql } from './sql.ts';

/** Where a page ended: a time, and what orders rows of the same time. */
type Place<Tie> = readonly [time: number, tie: Tie];

/** A time, and what orders rows of it. The API says so in its schemas, so that what is none is refused there already. */
const cursorForm = /^(\d{1,15})_([a-z0-9-]{1,100})$/u;

/** `next` of a page. Callers need know nothing of it. */
function cursorOf([time, tie]: Place<string | number>): string {
  return `${time}_${tie}`;
}

/** A place from a caller. INVALID_INPUT where {@link cursorOf} didn't make it. */
function placeOf<Tie>(cursor: string, readTie: (text: string) => Tie | undefined): Place<Tie> {
  const [, time, text] = cursorForm.exec(cursor) ?? [];
  const tie = text === undefined ? undefined : readTie(text);
  if (time !== undefined && tie !== undefined) return [Number(time), tie];
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: 'the cursor is none that a page ended with',
    remedy: 'Ask for the first page without a cursor, and for each other with the `next` of the page before it.',
  });
}

/** How a table is paged: newest first. */
export interface Order<Row, Tie extends string | number> {
  readonly time: Sql;
  readonly tie: Sql;
  /** Undefined where the text is none. */
  readonly readTie: (text: string) => Tie | undefined;
  readonly placeOf: (row: SqlRow) => Place<Tie>;
  readonly rowFrom: (row: SqlRow) => Row;
}

/** The condition that rows come after a cursor; none without one. */
export function afterCursor<Row, Tie extends string | number>(
  order: Order<Row, Tie>,
  cursor: string | undefined,
): readonly Sql[] {
  if (cursor === undefined) return [];
  const [time, tie] = placeOf(cursor, order.readTie);
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
