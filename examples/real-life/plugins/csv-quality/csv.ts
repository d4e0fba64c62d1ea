/** The fields of a line; those in double quotes may hold commas, and two quotes for one. */
export function fieldsOf(line: string): readonly string[] {
  const fields: string[] = [];
  // With a comma before the first field, too, no match is empty.
  for (const match of `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  }
  return fields;
}

/** What is wrong with a row, by the columns that are checked; undefined: nothing. */
export function faultOf(
  row: readonly string[],
  columns: readonly string[],
  checks: { readonly required: readonly string[]; readonly numeric: readonly string[] },
): string | undefined {
  if (row.length !== columns.length) return `${row.length} fields instead of ${columns.length}`;
  const value = (column: string): string => row[columns.indexOf(column)]?.trim() ?? '';
  const empty = checks.required.find((column) => value(column) === '');
  if (empty !== undefined) return `${empty} is empty`;
  const wrong = checks.numeric.find((column) => value(column) !== '' && !Number.isFinite(Number(value(column))));
  return wrong === undefined ? undefined : `${wrong} is no number`;
}
