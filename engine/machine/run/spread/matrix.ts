import { toText } from '../../../../dsl/expressions/index.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, sameJson } from '../../../../schemas/index.ts';
import type { Problem } from '../../errors.ts';
import { matrixCellLimit, matrixCombinationLimit, matrixEntryLimit } from '../../limits.ts';

/** A matrix whose expressions are evaluated: axes in their order, and the entries of `include` and `exclude`. */
export interface MatrixValues {
  readonly axes: readonly (readonly [name: string, values: readonly Json[]])[];
  readonly include: readonly JsonObject[];
  readonly exclude: readonly JsonObject[];
}

/**
 * Spreads a matrix out by GitHub's documented rules. The axes are combined, the first one changing slowest; `exclude` drops each
 * combination that has all its values; then each entry of `include` is added to every combination of the axes whose axis
 * values it wouldn't overwrite, or is a cell of its own where there is none.
 */
export function spreadMatrix(
  matrix: MatrixValues,
): { readonly ok: readonly JsonObject[] } | { readonly problem: Problem } {
  const problem = problemOf(matrix);
  if (problem !== undefined) return { problem };
  const kept = combine(matrix.axes).filter((cell) => !matrix.exclude.some((entry) => matches(cell, entry)));
  const cells = include(kept, matrix);
  if (cells.length > matrixCellLimit) return { problem: tooManyCells(`${cells.length} cells`) };
  if (cells.length === 0) {
    return { problem: empty('the matrix has no cell left', 'leave at least one cell, or skip the job by its `if`') };
  }
  return { ok: cells };
}

/**
 * The names of the cells, each once: `build (linux, 24)`. Where two cells read alike (`1` and `'1'`), the later ones are numbered.
 */
export function cellNames(id: string, cells: readonly JsonObject[]): readonly string[] {
  const used = new Set<string>();
  return cells.map((cell) => {
    const plain = `${id} (${cellText(cell)})`;
    let name = plain;
    for (let count = 2; used.has(name); count += 1) name = `${plain} #${count}`;
    used.add(name);
    return name;
  });
}

/** The values of a cell as people read them: `linux, 24`. */
export function cellText(cell: JsonObject): string {
  return Object.values(cell).flatMap(scalarsOf).join(', ');
}

function problemOf({ axes, exclude, include: included }: MatrixValues): Problem | undefined {
  const without = axes.find(([, values]) => values.length === 0);
  if (without !== undefined) {
    return empty(
      `the axis ${without[0]} of the matrix has no values`,
      'give it at least one value, or skip the job by its `if`',
    );
  }
  const combinations = axes.reduce((product, [, values]) => product * values.length, 1);
  if (combinations > matrixCombinationLimit) return tooManyCells(`${combinations} combinations`);
  if (Math.max(exclude.length, included.length) > matrixEntryLimit) {
    return tooManyCells(`more than ${matrixEntryLimit} entries of include or exclude`);
  }
  const names = new Set(axes.map(([name]) => name));
  const unknown = exclude.flatMap((entry) => Object.keys(entry)).find((name) => !names.has(name));
  if (unknown === undefined) return undefined;
  return {
    code: 'INVALID_VALUE',
    message: `exclude names ${unknown}, which is no axis of the matrix`,
    remedy: `The axes are ${[...names].join(', ') || 'none'}.`,
  };
}

function combine(axes: MatrixValues['axes']): readonly JsonObject[] {
  if (axes.length === 0) return [];
  return axes.reduce<readonly JsonObject[]>(
    (cells, [name, values]) => cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value }))),
    [{}],
  );
}

function include(combinations: readonly JsonObject[], { axes, include: entries }: MatrixValues): readonly JsonObject[] {
  const names = new Set(axes.map(([name]) => name));
  const extended = [...combinations];
  const added: JsonObject[] = [];
  for (const entry of entries) {
    const fixed = Object.fromEntries(Object.entries(entry).filter(([name]) => names.has(name)));
    let fits = false;
    for (const [index, cell] of extended.entries()) {
      if (!matches(cell, fixed)) continue;
      extended[index] = { ...cell, ...entry };
      fits = true;
    }
    if (!fits) added.push(entry);
  }
  return [...extended, ...added];
}

function matches(cell: JsonObject, entry: JsonObject): boolean {
  return Object.entries(entry).every(
    ([name, value]) => Object.hasOwn(cell, name) && sameJson(cell[name] ?? null, value),
  );
}

/** Longer values are cut in names; the cells still differ by their numbers. */
const longestShownValue = 60;

function scalarsOf(value: Json): readonly string[] {
  if (isJsonList(value)) return value.flatMap(scalarsOf);
  if (isJsonObject(value)) return Object.values(value).flatMap(scalarsOf);
  // Names are keys, in which ` / ` parts the levels of calls, and stand in one line of a terminal.
  const text = toText(value).replaceAll(/\p{C}/gu, ' ').replaceAll(' / ', '/');
  return [text.length <= longestShownValue ? text : `${text.slice(0, longestShownValue - 1)}…`];
}

function tooManyCells(count: string): Problem {
  return {
    code: 'LIMIT_EXCEEDED',
    message: `the matrix has ${count}; a job may have at most ${matrixCellLimit} cells`,
    remedy: 'Make the axes shorter, or split the job.',
  };
}

function empty(message: string, remedy: string): Problem {
  return { code: 'EMPTY', message, remedy };
}
