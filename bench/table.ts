import { type Figure, type Floor, type MeasuredFigure, verdictsOf } from './figure.ts';
import { statisticOf } from './statistics.ts';

const heads = ['what', 'floor p50', 'min', 'p50', 'p95', 'p99', 'n', 'budget', 'verdict'] as const;

/** The figures as a table, the floors below them, then a line for each budget that was missed, with the load at that time. */
export function renderReport(figures: readonly MeasuredFigure[]): string {
  const floors = [...new Map(figures.flatMap((figure) => figure.floors).map((floor) => [floor.what, floor])).values()];
  const missed = figures.flatMap(missedLines);
  return [
    ...renderTable([heads, ...figures.map(rowOf)]),
    ...(floors.length === 0
      ? []
      : ['', ...renderTable([['floor', 'min', 'p50', 'p95', 'n'], ...floors.map(floorRowOf)])]),
    ...notesOf(figures),
    '',
    ...(missed.length === 0 ? ['every budget is kept'] : missed),
    '',
  ].join('\n');
}

function rowOf(figure: Figure): readonly string[] {
  const { what, unit, samples, budgets } = figure;
  const [floor] = figure.floors;
  const verdicts = verdictsOf(figure);
  return [
    what,
    floor === undefined ? '-' : quantity(statisticOf(floor.samples, 'p50'), floor.unit),
    ...(['min', 'p50', 'p95', 'p99'] as const).map((statistic) => quantity(statisticOf(samples, statistic), unit)),
    String(samples.length),
    budgets.map(({ statistic, most }) => `${statistic} <= ${quantity(most, unit)}`).join(', ') || '-',
    verdicts.length === 0 ? '-' : verdicts.every(({ kept }) => kept) ? 'kept' : 'MISSED',
  ];
}

function floorRowOf({ what, unit, samples }: Floor): readonly string[] {
  const numbers = (['min', 'p50', 'p95'] as const).map((statistic) => quantity(statisticOf(samples, statistic), unit));
  return [what, ...numbers, String(samples.length)];
}

function missedLines(figure: MeasuredFigure): readonly string[] {
  return verdictsOf(figure)
    .filter(({ kept }) => !kept)
    .map(({ statistic, most, measured }) => {
      const { what, unit, load } = figure;
      return `missed: ${what}: ${statistic} is ${quantity(measured, unit)}, the budget ${quantity(most, unit)}; ${load}`;
    });
}

function notesOf(figures: readonly Figure[]): readonly string[] {
  const notes = figures.flatMap(({ what, note }) => (note === undefined ? [] : [`${what}: ${note}`]));
  return notes.length === 0 ? [] : ['', ...notes];
}

/** Three digits that count, and the unit. */
export function quantity(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${value.toFixed(digits)} ${unit}`;
}

/** Columns as wide as what is in them; the first one is text, the others are aligned to the right. */
export function renderTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
