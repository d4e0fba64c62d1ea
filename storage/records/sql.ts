/** What both databases take and give: other types are written as text or numbers. */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A statement or a part of one, with its values beside it: nothing that was given from outside becomes text of a statement. */
export interface Sql {
  readonly parts: readonly string[];
  /** One fewer than there are parts. */
  readonly values: readonly SqlValue[];
}

/**
 * What is to be done in one transaction, without saying how a database is reached: it yields statements and is given their
 * rows. So both drivers carry out the same steps. It may be run again from the start, and does nothing else.
 */
export type Operation<Result> = Generator<Sql, Result, readonly SqlRow[]>;

/** A statement; what stands in `${}` is a value, or another part. */
export function sql(strings: TemplateStringsArray, ...values: readonly (SqlValue | Sql)[]): Sql {
  const parts: string[] = [strings[0] ?? ''];
  const flat: SqlValue[] = [];
  for (const [index, value] of values.entries()) {
    const after = strings[index + 1] ?? '';
    if (isSql(value)) {
      append(parts, value.parts);
      flat.push(...value.values);
      parts[parts.length - 1] += after;
    } else {
      flat.push(value);
      parts.push(after);
    }
  }
  return { parts, values: flat };
}

/** Parts side by side; at least one. */
export function join(items: readonly Sql[], separator: Sql): Sql {
  const [first = sql``, ...others] = items;
  return others.reduce((joined, item) => sql`${joined}${separator}${item}`, first);
}

/** `name`, as this program's own source has it: a table or a column. */
export function identifier(name: string): Sql {
  if (!/^[a-z_]+$/.test(name)) throw new TypeError(`${name} is no name of a table or a column`);
  return { parts: [name], values: [] };
}

/** All of the conditions; true where there are none. */
export function allOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`1 = 1` : join(conditions, sql` AND `);
}

/** `column IN (…)`; false where there are no values. */
export function oneOf(column: Sql, values: readonly SqlValue[]): Sql {
  if (values.length === 0) return sql`1 = 0`;
  return sql`${column} IN (${listOf(values)})`;
}

/** `INSERT INTO table (…) VALUES (…), (…)`. Every row has the same columns. */
export function insert(table: string, rows: readonly SqlRow[]): Sql {
  const columns = Object.keys(rows[0] ?? {});
  const names = join(columns.map(identifier), sql`, `);
  const tuples = rows.map((row) => sql`(${listOf(columns.map((column) => row[column] ?? null))})`);
  return sql`INSERT INTO ${identifier(table)} (${names}) VALUES ${join(tuples, sql`, `)}`;
}

/** `column = value, …`, for UPDATE. */
export function assignments(changes: SqlRow): Sql {
  return join(
    Object.entries(changes).map(([column, value]) => sql`${identifier(column)} = ${value}`),
    sql`, `,
  );
}

/** Its text, with what stands for the values, counted from 1, as the database writes that. */
export function textOf(statement: Sql, placeholder: (position: number) => string): string {
  return statement.parts.reduce((text, part, index) => `${text}${placeholder(index)}${part}`);
}

function listOf(values: readonly SqlValue[]): Sql {
  return join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
}

function append(parts: string[], others: readonly string[]): void {
  parts[parts.length - 1] += others[0] ?? '';
  parts.push(...others.slice(1));
}

function isSql(value: SqlValue | Sql): value is Sql {
  return typeof value === 'object' && value !== null;
}
