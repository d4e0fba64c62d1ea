import { isMap, isScalar, isSeq, type Scalar } from 'yaml';
import { counterpartOfGithub } from '../expressions/github.ts';
import { parseExpression } from '../expressions/parse.ts';
import { splitText } from '../expressions/template.ts';
import type { Access } from '../expressions/tree.ts';
import { quote } from '../quote.ts';
import { offsetOf, scalarText } from './mapping.ts';
import type { ImportPlace, ImportRecord, Path, Remark } from './record.ts';

/** Rewrites what expressions read of the `github` context, everywhere below a node; what has no counterpart needs hands. */
export function importExpressions(node: unknown, path: Path, record: ImportRecord): void {
  if (isMap(node)) {
    for (const pair of node.items) importExpressions(pair.value, [...path, scalarText(pair.key) ?? ''], record);
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) importExpressions(item, [...path, index], record);
  } else if (isScalar(node) && typeof node.value === 'string')
    importText(node, { path, offset: offsetOf(node) }, record);
}

function importText(scalar: Scalar, place: ImportPlace, record: ImportRecord): void {
  const text = String(scalar.value);
  const segments = splitText(text);
  const found = segments.filter((segment) => segment.kind === 'expression');
  const pieces = found.length === 0 && isCondition(place.path) ? [{ start: 0, end: text.length }] : found;
  let written = text;
  // From behind, so that earlier offsets stay right.
  for (const { start, end } of pieces.toReversed()) {
    const source = text.slice(start, end);
    written = written.slice(0, start) + importExpression(source, place, record) + written.slice(end);
  }
  scalar.value = written;
}

/** `jobs.<id>.if` and `jobs.<id>.steps[n].if` are expressions without braces. */
function isCondition(path: Path): boolean {
  return (
    path[0] === 'jobs' && path.at(-1) === 'if' && (path.length === 3 || (path.length === 5 && path[2] === 'steps'))
  );
}

function importExpression(source: string, place: ImportPlace, record: ImportRecord): string {
  const parsed = parseExpression(source);
  // What is no expression is reported where the result is checked.
  if ('problem' in parsed) return source;
  let written = source;
  const accesses = [...parsed.expression.accesses].sort((left, right) => right.start - left.start);
  for (const access of accesses) {
    const { replacement, remark } = importAccess(access, place.path, record);
    if (remark !== undefined) record.add(place, remark);
    if (replacement !== undefined) written = written.slice(0, access.start) + replacement + written.slice(access.end);
  }
  return written;
}

interface ImportedAccess {
  readonly replacement?: string;
  readonly remark?: Remark;
}

function importAccess({ context, steps, text }: Access, path: Path, record: ImportRecord): ImportedAccess {
  const names = steps.map((step) => (step.kind === 'property' ? step.name : undefined));
  const first = names[0]?.toLowerCase();
  if (context.name.toLowerCase() === 'secrets') return first === 'github_token' ? { remark: noToken(text) } : {};
  if (context.name.toLowerCase() !== 'github') return {};
  const replacement = steps.length === 0 ? undefined : counterpart(names, path);
  if (replacement === undefined) return eventInput(text, names, record);
  if (first === 'token') return { replacement, remark: noToken(text) };
  return { replacement, remark: { outcome: 'changed', message: `${quote(text)} is ${quote(replacement)} here` } };
}

function counterpart(names: readonly (string | undefined)[], path: Path): string | undefined {
  const isJob = names.length === 1 && names[0]?.toLowerCase() === 'job';
  if (isJob && path[0] === 'jobs' && path.length > 2) return `'${String(path[1]).replaceAll("'", "''")}'`;
  return counterpartOfGithub(names);
}

/** A value of GitHub's event -> an input; what is no single value needs hands. */
function eventInput(text: string, names: readonly (string | undefined)[], record: ImportRecord): ImportedAccess {
  const path = names.flatMap((name) => name ?? []);
  const isWhole = path.length === 0 || (path.length === 1 && path[0]?.toLowerCase() === 'event');
  if (isWhole || path.length < names.length) return { remark: noCounterpart(text) };
  const input = record.eventInputs.nameFor(path);
  return {
    replacement: `inputs.${input}`,
    remark: {
      outcome: 'todo',
      message: `${quote(text)} is the input ${quote(input)} here: a run knows nothing of an event of GitHub`,
      remedy: `Give it when the run is started: \`--input ${input}=…\`; without it, it is an empty text.`,
    },
  };
}

function noToken(text: string): Remark {
  return {
    outcome: 'changed',
    message: `${quote(text)} is a secret like any other: no token is made for a run`,
    remedy: 'Give one when the run is started: `--secret GITHUB_TOKEN`.',
  };
}

function noCounterpart(text: string): Remark {
  return {
    outcome: 'todo',
    message: `there is no ${quote(text)} here: a run knows nothing of an event of GitHub`,
    remedy: 'Declare an input, give it with `--input` when the run is started, and read `inputs.<name>`.',
  };
}
