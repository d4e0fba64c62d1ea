import { type Json, type JsonObject, sameJson } from '../../schemas/index.ts';

/** GitHub's limit. */
export const mostCells = 256;

/** Beyond it a number says nothing. */
const mostCounted = 1_000_000_000;
/** Of cells with exclusions. More take too long to compare, and nobody excludes that many. */
const mostComparisons = 500_000;
/** Of all cells together. A matrix within the limit of cells has them only with thousands of axes. */
const mostValues = 5_000_000;

/** A matrix without expressions. */
export interface LiteralMatrix {
  readonly axes: readonly (readonly [axis: string, values: readonly Json[]])[];
  readonly include: readonly JsonObject[];
  readonly exclude: readonly JsonObject[];
}

/**
 * How many cells a matrix has. Beyond {@link mostCells} that is told without spreading it out: `at-least` as many are left whatever
 * `exclude` takes away; of `uncounted`, the number before `exclude`, nobody knows what is left.
 */
export type CellCount =
  | { readonly kind: 'exactly'; readonly cells: number }
  | { readonly kind: 'at-least'; readonly cells: number }
  | { readonly kind: 'uncounted'; readonly cells: number };

/**
 * How many cells a matrix has, by GitHub's rules: the product of its axes, without what `exclude` matches, and one more for each
 * entry of `include` that fits into no cell without changing an axis.
 */
export function countCells(matrix: LiteralMatrix): CellCount {
  const { axes, include, exclude } = matrix;
  const product = axes.reduce((total, [, values]) => total * values.length, axes.length === 0 ? 0 : 1);
  if (product > mostCounted) return { kind: exclude.length === 0 ? 'at-least' : 'uncounted', cells: mostCounted };
  const left = product === 0 ? 0 : product - mostExcluded(matrix, product);
  if (left > mostCells) return { kind: 'at-least', cells: left };
  if (product * (exclude.length + 1) > mostComparisons || product * axes.length > mostValues)
    return { kind: 'uncounted', cells: product };
  const cells = spread(axes).filter((cell) => !exclude.some((pattern) => matches(cell, pattern)));
  if (cells.length > mostCells) return { kind: 'at-least', cells: cells.length };
  const all = cells.length + countAdded(cells, include, axes);
  return { kind: all > mostCells ? 'at-least' : 'exactly', cells: all };
}

/** How many cells `exclude` takes away, if no two of its entries take the same one: for each those with its values on its axes. */
function mostExcluded({ axes, exclude }: LiteralMatrix, product: number): number {
  const counted = new Map(axes.map(([axis, values]) => [axis, { all: values.length, countOf: countScalars(values) }]));
  return exclude.reduce((sum, pattern) => {
    const cells = Object.entries(pattern).reduce((left, [key, value]) => {
      const axis = counted.get(key);
      if (axis === undefined || (typeof value === 'object' && value !== null)) return left;
      return (left / axis.all) * (axis.countOf.get(JSON.stringify(value)) ?? 0);
    }, product);
    return sum + cells;
  }, 0);
}

function countScalars(values: readonly Json[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (typeof value === 'object' && value !== null) continue;
    const text = JSON.stringify(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

function countAdded(cells: readonly JsonObject[], include: readonly JsonObject[], axes: LiteralMatrix['axes']): number {
  const names = new Set(axes.map(([axis]) => axis));
  // Entries mostly differ in what they add, not in where.
  const known = new Map<string, boolean>();
  let added = 0;
  for (const entry of include) {
    const fixed = Object.fromEntries(Object.entries(entry).filter(([key]) => names.has(key)));
    const text = JSON.stringify(fixed);
    const fits = known.get(text) ?? cells.some((cell) => matches(cell, fixed));
    known.set(text, fits);
    added += fits ? 0 : 1;
    if (added > mostCells) break;
  }
  return added;
}

function spread(axes: LiteralMatrix['axes']): readonly JsonObject[] {
  if (axes.length === 0) return [];
  const count = axes.reduce((total, [, values]) => total * values.length, 1);
  // The last axis changes fastest.
  return Array.from({ length: count }, (_, number) => {
    let rest = number;
    const entries = axes.toReversed().map(([axis, values]): readonly [string, Json] => {
      const value = values[rest % values.length] ?? null;
      rest = Math.floor(rest / values.length);
      return [axis, value];
    });
    return Object.fromEntries(entries.toReversed());
  });
}

/** True where the cell has every value of the pattern. */
function matches(cell: JsonObject, pattern: JsonObject): boolean {
  return Object.entries(pattern).every(
    ([key, value]) => Object.hasOwn(cell, key) && sameJson(cell[key] ?? null, value),
  );
}
