import type { Json } from '../../schemas/index.ts';
import { renderCells } from '../report/cells.ts';
import type { Style } from '../report/style.ts';
import { plainLine } from '../report/text.ts';
import type { Counted, FileCoverage } from './collect.ts';

/** How much of something ran. */
export interface Share {
  readonly covered: number;
  readonly total: number;
  /** Two digits behind the point, rounded down; 100 where there is nothing to run. */
  readonly percent: number;
}

/** What ran of lines and functions. */
export interface Shares {
  readonly lines: Share;
  readonly functions: Share;
}

/** Of all files together. */
export function sharesOf(files: readonly FileCoverage[]): Shares {
  return {
    lines: shareOf(files.flatMap(({ lines }) => lines)),
    functions: shareOf(files.flatMap(({ functions }) => functions)),
  };
}

function shareOf(counted: readonly Counted[]): Share {
  const total = counted.length;
  const covered = counted.filter(({ count }) => count > 0).length;
  return { covered, total, percent: total === 0 ? 100 : Math.floor((covered / total) * 10_000) / 100 };
}

/** A table, a line for each file and one for all. */
export function coverageLines(files: readonly FileCoverage[], style: Style): readonly string[] {
  const rowOf = (name: string, { lines, functions }: Shares, missed: string): readonly string[] => [
    plainLine(name),
    shareText(lines),
    shareText(functions),
    missed,
  ];
  const rows = files.map((file) => rowOf(file.path, sharesOf([file]), rangesOf(missedLines(file))));
  return renderCells(
    ['file', 'lines', 'functions', 'lines that did not run'],
    [...rows, rowOf('all', sharesOf(files), '')],
    style,
  );
}

function shareText({ covered, total, percent }: Share): string {
  return `${percent.toFixed(1)} % (${covered}/${total})`;
}

function missedLines({ lines }: FileCoverage): readonly number[] {
  return lines.filter(({ count }) => count === 0).map(({ line }) => line);
}

/** `3-5, 9`; lines between two that did not run, on which no statement begins, end a range. */
function rangesOf(lines: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last?.[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

/** For programs. */
export function coverageJson(files: readonly FileCoverage[]): Json {
  const view = ({ lines, functions }: Shares): Record<string, Json> => ({
    lines: { ...lines },
    functions: { ...functions },
  });
  return {
    ...view(sharesOf(files)),
    files: files.map((file) => ({
      path: file.path,
      ...view(sharesOf([file])),
      missed_lines: missedLines(file),
      missed_functions: file.functions.filter(({ count }) => count === 0).map(({ name, line }) => ({ name, line })),
    })),
  };
}

/** An lcov tracefile, as geninfo(1) describes it; paths are in the plugin's folder. */
export function lcovText(files: readonly FileCoverage[]): string {
  const lines = files.flatMap(({ path, lines, functions }) => [
    'TN:',
    `SF:${path}`,
    ...functions.map(({ name, line }) => `FN:${line},${name}`),
    ...functions.map(({ name, count }) => `FNDA:${count},${name}`),
    `FNF:${functions.length}`,
    `FNH:${shareOf(functions).covered}`,
    ...lines.map(({ line, count }) => `DA:${line},${count}`),
    `LF:${lines.length}`,
    `LH:${shareOf(lines).covered}`,
    'end_of_record',
  ]);
  return lines.map((line) => `${line}\n`).join('');
}
