import {
  assertNever,
  isJsonObject,
  type Json,
  type JsonObject,
  type StrategyPlan,
  type Template,
} from '../../schemas/index.ts';
import { type CellCount, countCells, mostCells } from '../check/matrix.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { suggestion } from '../suggest.ts';
import type { MappingEntry, MappingNode, SequenceNode, TreeNode } from '../tree/node.ts';
import { holdsExpression, isWholeExpression, toJson } from '../tree/query.ts';
import { type KeyTable, readFields, reportMissing } from './fields.ts';
import { checkIdentifier } from './literals.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';
import { type Place, readBooleanTemplate, readNumberTemplate, readTemplate } from './templates.ts';

/** What `strategy:` can have. */
export const strategyKeys: KeyTable<'matrix' | 'fail-fast' | 'max-parallel'> = {
  what: 'a strategy',
  keys: ['matrix', 'fail-fast', 'max-parallel'],
};

const emptyList: Template = { kind: 'literal', value: [] };

/** `strategy:` -> plan. `at` in it is where `strategy` stands. */
export function readStrategy(reading: Reading, entry: MappingEntry, place: Place): StrategyPlan | undefined {
  const fields = readFields(reading, entry.value, strategyKeys);
  if (fields === undefined) return undefined;
  const failFast = fields.get('fail-fast')?.value;
  const maxParallel = fields.get('max-parallel')?.value;
  const parallel =
    maxParallel === undefined
      ? undefined
      : readNumberTemplate(reading, maxParallel, {
          ...place,
          subject: '`max-parallel`',
          integer: true,
          minimum: 1,
          maximum: mostCells,
        });
  const matrix = fields.get('matrix');
  if (matrix === undefined) {
    // Axes that stand where the matrix should are reported as unknown keys.
    const hasLists = fields.mapping.entries.some(({ value }) => value.kind === 'sequence');
    if (hasLists) return undefined;
    reportMissing(reading, fields, {
      key: 'matrix',
      at: entry.keySpan,
      message: 'the strategy has no `matrix`',
      remedy: 'Add `matrix:` with its axes, or remove the strategy.',
    });
    return undefined;
  }
  const cells = readMatrix(reading, matrix, place);
  if (cells === undefined) return undefined;
  return {
    ...cells,
    fail_fast:
      failFast === undefined
        ? { kind: 'literal', value: true }
        : readBooleanTemplate(reading, failFast, { ...place, subject: '`fail-fast`' }),
    ...(parallel === undefined ? {} : { max_parallel: parallel }),
    at: reading.report.position(entry.keySpan.start),
  };
}

type Cells = Pick<StrategyPlan, 'whole_matrix' | 'matrix' | 'include' | 'exclude'>;

function readMatrix(reading: Reading, entry: MappingEntry, place: Place): Cells | undefined {
  if (isWholeExpression(entry.value)) {
    // What it gives is known when the job's needs are met.
    return {
      whole_matrix: readTemplate(reading, entry.value, place),
      matrix: [],
      include: emptyList,
      exclude: emptyList,
    };
  }
  const mapping = asMapping(reading, entry.value, {
    subject: '`matrix`',
    remedy: 'Write an axis below it, such as `os: [linux, macos]`, or one expression.',
  });
  if (mapping === undefined) return undefined;
  const axes = mapping.entries.filter(({ key }) => key !== 'include' && key !== 'exclude');
  const include = mapping.entries.find(({ key }) => key === 'include')?.value;
  const exclude = mapping.entries.find(({ key }) => key === 'exclude')?.value;
  if (axes.length === 0 && include === undefined) {
    reportEmpty(reading, entry.keySpan, { message: 'the matrix has neither an axis nor `include`' });
  }
  for (const axis of axes) checkAxis(reading, axis);
  if (include !== undefined) checkCombinations(reading, include, { subject: '`include`', axes: undefined });
  if (exclude !== undefined)
    checkCombinations(reading, exclude, { subject: '`exclude`', axes: axes.map(({ key }) => key) });
  checkCount(reading, entry.keySpan, { axes, include, exclude });
  return {
    matrix: axes.map(({ key, value }) => [key, readTemplate(reading, value, place)] as const),
    include: include === undefined ? emptyList : readTemplate(reading, include, place),
    exclude: exclude === undefined ? emptyList : readTemplate(reading, exclude, place),
  };
}

function checkAxis(reading: Reading, { key, keySpan, value }: MappingEntry): void {
  checkIdentifier(reading, keySpan, { what: 'an axis of a matrix', text: key });
  if (isWholeExpression(value)) return;
  if (value.kind !== 'sequence') {
    reportWrongType(reading, value, {
      subject: `the axis ${quote(key)}`,
      expected: 'a list, or one expression',
      remedy: `Write \`${key}: [first, second]\`.`,
    });
    return;
  }
  if (value.items.length === 0) reportEmpty(reading, value.span, { message: `the axis ${quote(key)} has no values` });
  checkDistinct(reading, value, key);
}

/** Two equal values would make two cells of one name. */
function checkDistinct(reading: Reading, values: SequenceNode, axis: string): void {
  const seen = new Set<string>();
  for (const item of values.items) {
    if (item.kind !== 'scalar' || holdsExpression(item)) continue;
    if (seen.has(item.text)) {
      reading.report.error(item.span, {
        code: 'DUPLICATE_ID',
        message: `the axis ${quote(axis)} has ${quote(item.text)} twice`,
        remedy: 'Remove one of them.',
      });
    }
    seen.add(item.text);
  }
}

function checkCombinations(
  reading: Reading,
  node: TreeNode,
  { subject, axes }: { readonly subject: string; readonly axes: readonly string[] | undefined },
): void {
  if (isWholeExpression(node)) return;
  if (node.kind !== 'sequence') {
    reportWrongType(reading, node, { subject, expected: 'a list of mappings, or one expression' });
    return;
  }
  for (const item of node.items) {
    if (isWholeExpression(item)) continue;
    if (item.kind !== 'mapping') {
      reportWrongType(reading, item, { subject: `an entry of ${subject}`, expected: 'a mapping' });
      continue;
    }
    checkCombination(reading, item, { subject, axes });
  }
}

function checkCombination(
  reading: Reading,
  item: MappingNode,
  { subject, axes }: { readonly subject: string; readonly axes: readonly string[] | undefined },
): void {
  if (item.entries.length === 0) reportEmpty(reading, item.span, { message: `an entry of ${subject} is empty` });
  for (const { key, keySpan } of item.entries) {
    if (axes === undefined) checkIdentifier(reading, keySpan, { what: 'a key of a matrix', text: key });
    else if (!axes.includes(key)) {
      reading.report.error(keySpan, {
        code: 'UNKNOWN_KEY',
        message: `the matrix has no axis ${quote(key)} to exclude from`,
        ...suggestion(key, axes),
      });
    }
  }
}

function reportEmpty(
  reading: Reading,
  span: Span,
  { message, remedy = 'Add a value.' }: { readonly message: string; readonly remedy?: string },
): void {
  reading.report.error(span, { code: 'EMPTY', message: `${message}, so no job would run`, remedy });
}

interface MatrixNodes {
  readonly axes: readonly MappingEntry[];
  readonly include: TreeNode | undefined;
  readonly exclude: TreeNode | undefined;
}

/** Only a matrix without expressions can be counted before it runs; the engine counts the others. */
function checkCount(reading: Reading, span: Span, { axes, include, exclude }: MatrixNodes): void {
  const nodes = [...axes.map(({ value }) => value), include, exclude].filter((node) => node !== undefined);
  if (nodes.some((node) => node.kind !== 'sequence' || hasExpression(node))) return;
  if (axes.some(({ value }) => value.kind === 'sequence' && value.items.length === 0)) return;
  const count = countCells({
    axes: axes.map(({ key, value }) => [key, listOf(value)] as const),
    include: listOf(include).filter(isJsonObject),
    exclude: listOf(exclude).filter(isJsonObject),
  });
  if (count.kind === 'uncounted' || count.cells > mostCells) {
    reading.report.error(span, {
      code: 'INVALID_VALUE',
      message: `the matrix has ${wordsFor(count)}, more than ${mostCells}`,
      remedy: "Split the job, or exclude what needn't run.",
    });
  }
  if (count.cells === 0 && axes.length > 0) {
    const message = '`exclude` leaves no cell of the matrix';
    reportEmpty(reading, span, { message, remedy: 'Remove an entry of `exclude`, or add a value to an axis.' });
  }
}

function wordsFor({ kind, cells }: CellCount): string {
  switch (kind) {
    case 'exactly':
      return `${cells} cells`;
    case 'at-least':
      return `at least ${cells} cells`;
    case 'uncounted':
      return `${cells} cells before \`exclude\`, too many to count what is left`;
    default:
      return assertNever(kind);
  }
}

function hasExpression(node: TreeNode): boolean {
  switch (node.kind) {
    case 'scalar':
      return holdsExpression(node);
    case 'sequence':
      return node.items.some(hasExpression);
    case 'mapping':
      return node.entries.some(({ value }) => hasExpression(value));
    case 'invalid':
      return true;
    default:
      return assertNever(node);
  }
}

function listOf(node: TreeNode | undefined): readonly (Json | JsonObject)[] {
  return node?.kind === 'sequence' ? node.items.map(toJson) : [];
}
