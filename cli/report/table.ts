import { columnsOf, pad } from './columns.ts';
import type { DisplayStatus, Style } from './style.ts';

/** A line of a table; `note` stands in place of the cells after the status. */
export interface Row {
  readonly name: string;
  readonly status: DisplayStatus;
  readonly shown: string;
  readonly cells: readonly string[];
  readonly note?: string;
}

/** A table whose columns are as wide as what stands in them; the second one has its status's colour. */
export function renderTable(header: readonly string[], rows: readonly Row[], style: Style): readonly string[] {
  const cellsOf = (row: Row): readonly string[] => [row.name, row.shown, ...row.cells];
  const widths = header.map((title, column) =>
    Math.max(columnsOf(title), ...rows.map((row) => columnsOf(cellsOf(row)[column] ?? ''))),
  );
  const aligned = (cells: readonly string[]): readonly string[] =>
    cells.map((cell, column) => pad(cell, widths[column] ?? 0));
  const line = (row: Row): string => {
    const [name = '', shown = '', ...rest] = aligned(cellsOf(row));
    const facts = row.note === undefined ? rest.join('  ') : style.dim(row.note);
    // Colours would keep the spaces of an empty cell.
    const status = row.shown === '' ? shown : style.status(row.status, shown);
    return `${name}  ${status}  ${facts}`.trimEnd();
  };
  return [style.dim(aligned(header).join('  ').trimEnd()), ...rows.map(line)];
}
