import { createHash } from 'node:crypto';
import { HttpProblem } from './problem.ts';
import type { Schema } from './route.ts';

/** Between a list's own cursor and what tells the list. Neither holds one. */
const separator = '.';
/** So many hex digits tell lists apart: nobody is kept from anything by them. */
const digits = 12;

/** `cursor` of a query: what {@link nextCursor} made of an own cursor that fits the pattern. */
export function cursorSchema(own: string): Schema {
  return {
    type: 'string',
    pattern: `^${own}\\.[0-9a-f]{${digits}}$`,
    description: '`next_cursor` of the page before, asked for with the same filter.',
  };
}

/** `next_cursor`, or nothing on the last page. `list` is all that says which list it is: its name, and its filter. */
export function nextCursor(own: string | undefined, list: unknown): { readonly next_cursor?: string } {
  return own === undefined ? {} : { next_cursor: `${own}${separator}${markOf(list)}` };
}

/** The own cursor of a list; undefined without one. 422 where it is of another list: what its schema can't say. */
export function readCursor(given: unknown, list: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  const end = given.lastIndexOf(separator);
  if (end !== -1 && given.slice(end + 1) === markOf(list)) return given.slice(0, end);
  throw new HttpProblem(422, {
    code: 'INVALID_INPUT',
    message: 'the cursor is of a list with another filter',
    remedy: 'Ask for the next page with the query of the page before, and for another list without a cursor.',
  });
}

function markOf(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, digits);
}
