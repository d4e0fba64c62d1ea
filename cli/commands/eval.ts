import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { evaluateForTools } from '../../dsl/expressions/index.ts';
import { isJsonObject, type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

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
      throw usageError('--batch reads its expressions from stdin', 'leave the expression out');
    return evaluateBatch(terminal);
  }
  if (expression === undefined) throw usageError('no expression', 'write waterflow eval "1 == 1", or --batch');
  const contexts = options.context === undefined ? {} : await readContexts(resolve(terminal.cwd, options.context));
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

async function readContexts(path: string): Promise<JsonObject> {
  const fail = (message: string, cause: unknown): WaterflowFailure =>
    new WaterflowFailure(
      {
        code: 'FILE_NOT_READABLE',
        message,
        remedy: 'give a JSON file such as { "inputs": { "tag": "v1" } }',
        file: path,
      },
      { cause },
    );
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fail(`cannot read ${path}: ${error.code ?? error.message}`, error);
  });
  let value: Json;
  try {
    value = JSON.parse(text) as Json; // JSON.parse gives nothing but JSON.
  } catch (error) {
    throw fail(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (!isJsonObject(value)) throw fail(`${path} holds no JSON object`, undefined);
  return value;
}

function showValue(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
