import { evaluateForTools } from '../../dsl/expressions/index.ts';
import { isJsonObject, type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { readFileBytes } from './read-file.ts';

/** `waterflow eval`'s options. */
export interface EvalOptions {
  readonly context?: string;
  readonly batch?: boolean;
  readonly json?: boolean;
}

/** Evaluates one expression, or with --batch one a line of stdin. Exit 1 where a single expression fails. */
export async function evaluate(
  terminal: Terminal,
  expression: string | undefined,
  options: EvalOptions,
): Promise<number> {
  if (options.batch) {
    if (expression !== undefined)
      throw usageError('--batch reads its expressions from stdin', 'Leave the expression out.');
    return evaluateBatch(terminal);
  }
  if (expression === undefined) throw usageError('no expression', 'Write waterflow eval "1 == 1", or --batch.');
  const contexts = options.context === undefined ? {} : await readContexts(terminal, options.context);
  const answer = evaluateForTools(expression, contexts);
  if (options.json) terminal.stdout.write(`${JSON.stringify(answer)}\n`);
  else if ('result' in answer) terminal.stdout.write(`${showValue(answer.result.value)}\n`);
  else {
    const { kind, message, column } = answer.error;
    terminal.stderr.write(
      `error: ${kind} failed at column ${column}: ${message}\n  ${expression}\n  ${' '.repeat(Math.max(0, column - 1))}^\n`,
    );
  }
  return 'result' in answer ? exitCodes.ok : exitCodes.failed;
}

/** JSON lines in, JSON lines out, one for one; a line that isn't valid gets an error of its own. */
async function evaluateBatch(terminal: Terminal): Promise<number> {
  for await (const line of terminal.stdin()) {
    if (line.trim() === '') continue;
    terminal.stdout.write(`${JSON.stringify(evaluateLine(line))}\n`);
    await terminal.stdout.ready();
    if (terminal.stdout.failure() !== undefined) break;
  }
  return exitCodes.ok;
}

function evaluateLine(line: string): ReturnType<typeof evaluateForTools> {
  const invalid = (message: string): ReturnType<typeof evaluateForTools> => ({
    error: { kind: 'parsing', message, column: 1 },
  });
  let request: Json;
  try {
    request = JSON.parse(line) as Json; // JSON.parse gives nothing but JSON.
  } catch (error) {
    return invalid(`the line is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(request)) return invalid('the line is not an object: write { "expr": "...", "contexts": { ... } }');
  const { expr: expression, contexts } = request;
  if (typeof expression !== 'string') return invalid('"expr" must be a string');
  if (contexts !== undefined && !isJsonObject(contexts)) return invalid('"contexts" must be an object');
  return evaluateForTools(expression, contexts ?? {});
}

async function readContexts(terminal: Terminal, file: string): Promise<JsonObject> {
  const remedy = 'Give a JSON file such as { "inputs": { "tag": "v1" } }.';
  const invalid = (why: string, options: ErrorOptions = {}): WaterflowFailure =>
    new WaterflowFailure({ code: 'INVALID_INPUT', message: `${file} ${why}`, remedy, file }, options);
  const text = (await readFileBytes(terminal, file, remedy)).toString('utf8');
  let value: Json;
  try {
    value = JSON.parse(text) as Json; // JSON.parse gives nothing but JSON.
  } catch (cause) {
    throw invalid(`is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!isJsonObject(value)) throw invalid('holds no JSON object');
  return value;
}

function showValue(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
