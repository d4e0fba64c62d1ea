import { assertNever } from '../../schemas/index.ts';
import type { ConfinementLevel } from '../supervisor/api.ts';
import type { Runtime } from './attack.ts';
import type { Verdict } from './verdict.ts';

/** One attack at one place. */
export interface MatrixCell {
  readonly attack: { readonly id: string; readonly title: string };
  readonly runtime: Runtime;
  readonly level: ConfinementLevel;
  readonly verdict: Verdict;
}

/** An attack that this machine can't be tried with. */
export interface NotRun {
  readonly attack: { readonly id: string };
  readonly why: string;
}

/** The matrix as text: a line for each attack and runtime, a column for each level, and what isn't as it should be. */
export function renderMatrix(cells: readonly MatrixCell[], not_run: readonly NotRun[] = []): string {
  const levels = [...new Set(cells.map(({ level }) => level))].sort((one, other) => one - other);
  const rows = Map.groupBy(cells, ({ attack, runtime }) => `${attack.id}\t${runtime}`);
  const width = Math.max(6, ...cells.map(({ attack }) => attack.id.length));
  const line = (id: string, runtime: string, columns: readonly string[]): string =>
    [id.padEnd(width), runtime.padEnd(7), ...columns.map((column) => column.padEnd(10))].join('  ').trimEnd();
  const head = line(
    'attack',
    'runtime',
    levels.map((level) => `level ${level}`),
  );
  const body = [...rows.values()].map((row) => {
    const [first] = row;
    const columns = levels.map((level) => {
      const cell = row.find((each) => each.level === level);
      return cell === undefined ? '-' : wordFor(cell.verdict);
    });
    return line(first?.attack.id ?? '', first?.runtime ?? '', columns);
  });
  const omitted = not_run.map(({ attack, why }) => `${attack.id}: not run, ${why}`);
  return [head, ...body, '', ...omitted, ...cells.flatMap(problemOf), summaryOf(cells)].join('\n');
}

function wordFor(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'held':
    case 'declared':
      return verdict.kind;
    case 'succeeded':
      return 'SUCCEEDED';
    case 'unexpected':
      return 'UNEXPECTED';
    default:
      return assertNever(verdict);
  }
}

function problemOf({ attack, runtime, level, verdict }: MatrixCell): readonly string[] {
  const place = `${attack.id} (${runtime}, level ${level})`;
  if (verdict.kind === 'unexpected') return [`${place}: ${verdict.why}`];
  if (verdict.kind !== 'succeeded') return [];
  return verdict.breaches.map(({ oracle, what }) => `${place} SUCCEEDED [${oracle}]: ${what}`);
}

function summaryOf(cells: readonly MatrixCell[]): string {
  const attacks = new Set(cells.map(({ attack }) => attack.id)).size;
  const count = (kind: Verdict['kind']): number => cells.filter(({ verdict }) => verdict.kind === kind).length;
  return `${attacks} attacks, ${cells.length} tries: ${count('held')} held, ${count('declared')} declared, ${count('succeeded')} succeeded, ${count('unexpected')} unexpected`;
}
