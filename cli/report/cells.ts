import { columnsOf, pad } from './columns.ts';
import type { Style } from './style.ts';

/** A table of plain texts, one line a row, whose columns are as wide as what stands in them. */
export function renderCells(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): readonly string[] {
  const widths = header.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, columnsOf(row[column] ?? '')), columnsOf(title)),
  );
  const aligned = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [style.dim(aligned(header)), ...rows.map(aligned)];
}
