import { isDeepStrictEqual } from 'node:util';
import type { CompileOptions, CompileResult } from '../dsl/index.ts';
import { compile, fixSource, renderDiagnostic, resolveInputs } from '../dsl/index.ts';
import { simulate } from '../engine/simulate/index.ts';
import type { Diagnostic, Json, Plan, TextPlace } from '../schemas/index.ts';
import type { Random } from './random.ts';
import { randomScript } from './script.ts';

/** What came of a file in which nothing was found. */
export type FileOutcome = 'plan' | 'plan with warnings' | 'errors';

/** What a file is checked with. */
export interface Surroundings {
  readonly options: CompileOptions;
  readonly random: Random;
  /** CPU time of this thread, in ms: what others do on the machine doesn't count. */
  readonly clock: () => number;
}

/** The most that reading a file may take, whatever it is. */
const longestReadMs = 1000;

/** Something that must not be. */
export class Finding extends Error {}

/** Reads a file, and throws where the answer isn't what it must be: {@link Finding}, or whatever was thrown. */
export function checkFile(source: string | Uint8Array, { options, random, clock }: Surroundings): FileOutcome {
  const start = clock();
  const result = compile(source, options);
  const taken = clock() - start;
  demand(taken <= longestReadMs, `it takes ${Math.round(taken)} ms to read`);
  const isError = result.diagnostics.some(({ severity }) => severity === 'error');
  demand((result.plan === undefined) === isError, 'neither a plan nor an error, or both');
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  const texts = new Map([...(result.called ?? []), [options.file, text]]);
  for (const diagnostic of result.diagnostics) checkDiagnostic(diagnostic, texts);
  if (result.diagnostics.some(({ fix }) => fix !== undefined) && random.oneIn(4)) checkFixes(text, options, result);
  if (result.plan === undefined) return 'errors';
  demand(isDeepStrictEqual(JSON.parse(JSON.stringify(result.plan)), result.plan), 'the plan is no JSON');
  if (random.oneIn(2)) runPlan(result.plan, random);
  return result.diagnostics.length > 0 ? 'plan with warnings' : 'plan';
}

function checkDiagnostic(diagnostic: Diagnostic, texts: ReadonlyMap<string, string>): void {
  const { file = '', line = 0, column = 0, end_line = 0, end_column = 0, message, remedy, code } = diagnostic;
  const what = `${code} at ${file}:${line}:${column}-${end_line}:${end_column}`;
  const text = texts.get(file);
  if (text === undefined) throw new Finding(`${what}: there is no such file`);
  const lines = linesOf(text);
  demand(message !== '' && remedy !== '', `${what}: it says nothing`);
  demand(isInside({ line, column }, lines), `${what}: it begins outside of the file`);
  demand(isInside({ line: end_line, column: end_column }, lines), `${what}: it ends outside of the file`);
  // Nothing follows the end of a file, and nothing is in one that can't be decoded: there a place has no length.
  const isAtEnd = line === lines.length && column === (lines.at(-1) ?? '').length + 1;
  const order = end_line - line || end_column - column;
  demand(order > 0 || (order === 0 && (isAtEnd || code === 'ENCODING')), `${what}: it ends before it begins`);
  for (const { start, end } of diagnostic.fix?.edits ?? []) {
    const edit = `${what}: its fix at ${start.line}:${start.column}-${end.line}:${end.column}`;
    demand(isInside(start, lines) && isInside(end, lines), `${edit} is outside of the file`);
    demand((end.line - start.line || end.column - start.column) >= 0, `${edit} ends before it begins`);
  }
  const rendered = renderDiagnostic(diagnostic, text);
  demand(!/(?![\t\n])\p{Cc}/u.test(rendered), `${what}: it shows control characters`);
}

/** As editors count, without the byte order mark. */
function linesOf(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split('\n');
}

function isInside({ line, column }: TextPlace, lines: readonly string[]): boolean {
  const content = lines[line - 1];
  return content !== undefined && column >= 1 && column <= content.length + 1;
}

function checkFixes(text: string, options: CompileOptions, before: CompileResult): void {
  const after = fixSource(text, (fixed) => compile(fixed, options));
  const [errors, errorsBefore] = [after.result, before].map((result) => weight(result, options.file));
  demand(compareWeights(errors ?? [], errorsBefore ?? []) <= 0, 'its fixes made it worse');
  demand(after.fixed.length > 0 || after.text === text, 'it was changed without a fix');
}

/** Mistakes of YAML hide what follows them, so they weigh more than other errors. */
function weight({ diagnostics }: CompileResult, file: string): readonly number[] {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error' && diagnostic.file === file);
  return [errors.filter(({ code }) => code === 'YAML_SYNTAX' || code === 'YAML_TAB').length, errors.length];
}

function compareWeights(left: readonly number[], right: readonly number[]): number {
  const index = left.findIndex((count, at) => count !== right[at]);
  return index === -1 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}

/** Whatever the plan says, the machines must take it, and end or wait. */
function runPlan(plan: Plan, random: Random): void {
  const given = Object.fromEntries(
    Object.entries(plan.inputs).flatMap(([name, { required }]) =>
      required ? [[name, random.pick<Json>(['a', '1', 1])]] : [],
    ),
  );
  const resolved = resolveInputs(plan, given, { matchPattern: () => undefined });
  if ('errors' in resolved) return;
  // An error is one of the script, which answers with what is refused, or a run of too many events.
  simulate(plan, { script: randomScript(plan, random), inputs: resolved.inputs, vars: { a: 'x', items: '[1,2]' } });
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Finding(otherwise);
}
