/** Something in a list that is shown page by page. */
interface Listed {
  readonly id: string;
  readonly name: string;
}

/** Which of them, and how many at a time. */
interface PageOfList {
  readonly limit: number;
  readonly cursor: string | undefined;
  /** Of this name alone. */
  readonly name: string | undefined;
}

/** A page of a list, after the one whose id is `cursor`. Where that is gone meanwhile, ids sort by the time at which they were made. */
export function pageOfList<Row extends Listed>(
  rows: readonly Row[],
  { limit, cursor, name }: PageOfList,
): { readonly rows: readonly Row[]; readonly next?: string } {
  const meant = name === undefined ? rows : rows.filter((row) => row.name === name);
  const sorted = meant.toSorted((one, other) => (one.id < other.id ? -1 : Number(one.id > other.id)));
  const rest = cursor === undefined ? sorted : sorted.filter(({ id }) => id > cursor);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, ...(rest.length > limit && last !== undefined ? { next: last.id } : {}) };
}
