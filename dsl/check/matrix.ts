import { type Json, type JsonObject } from '../../schemas/index.ts';
import { sameJson } from '../tree/query.ts';

/** GitHub's limit. */
export const mostCells = 256;

/** Of cells with exclusions. Beyond it, the product itself is told: nobody excludes that many. */
const mostComparisons = 500_000;

/** A matrix without expressions. */
export interface LiteralMatrix {
  readonly axes: readonly (readonly [axis: string, values: readonly Json[]])[];
  readonly include: readonly JsonObject[];
  readonly exclude: readonly JsonObject[];
}

/**
 * How many cells a matrix has, by GitHub's rules: the product of its axes, without what `exclude` matches, and one more for each
 * entry of `include` that fits into no cell without changing an axis.
 */
export function countCells({ axes, include, exclude }: LiteralMatrix): number {
  const product = axes.reduce((total, [, values]) => total * values.length, axes.length === 0 ? 0 : 1);
  if (product * (exclude.length + 1) > mostComparisons) return product;
  const cells = spread(axes).filter((cell) => !exclude.some((pattern) => matches(cell, pattern)));
  if (cells.length > mostCells) return cells.length;
  const names = new Set(axes.map(([axis]) => axis));
  const added = include.filter((entry) => {
    const fixed = Object.fromEntries(Object.entries(entry).filter(([key]) => names.has(key)));
    return !cells.some((cell) => matches(cell, fixed));
  });
  return cells.length + added.length;
}

function spread(axes: LiteralMatrix['axes']): readonly JsonObject[] {
  if (axes.length === 0) return [];
  let cells: readonly JsonObject[] = [{}];
  for (const [axis, values] of axes) {
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value })));
  }
  return cells;
}

/** True where the cell has every value of the pattern. */
function matches(cell: JsonObject, pattern: JsonObject): boolean {
  return Object.entries(pattern).every(
    ([key, value]) => Object.hasOwn(cell, key) && sameJson(cell[key] ?? null, value),
  );
}
