import { hashFiles } from '../../agent/executor/hash-files.ts';
import { settleHashes } from '../../agent/executor/settle-hashes.ts';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import { evaluateForTools, isNestedTooDeep, type ToolAnswer } from '../../dsl/expressions/index.ts';
import { type AbsolutePath, isJsonObject, type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { escapedJson, plainJson } from '../report/text.ts';
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
  const answer = await evaluateHere(terminal, expression, contexts);
  if (options.json) terminal.stdout.write(`${answerLine(answer)}\n`);
  else if ('result' in answer) terminal.stdout.write(`${showValue(answer.result.value)}\n`);
  else {
    const { kind, message, column } = answer.error;
    terminal.stderr.write(
      `error: ${kind} failed at column ${column}: ${message}\n  ${expression}\n  ${' '.repeat(Math.max(0, column - 1))}^\n`,
    );
  }
  return 'result' in answer ? exitCodes.ok : exitCodes.failed;
}

/** `hashFiles` goes by the current folder. */
async function evaluateHere(terminal: Terminal, expression: string, contexts: JsonObject): Promise<ToolAnswer> {
  // A process's working directory is absolute and normalized.
  const folder = terminal.cwd as AbsolutePath;
  const never = new AbortController().signal;
  return settleHashes(
    (hash) => evaluateForTools(expression, contexts, { hashFiles: hash }),
    (patterns) => hashFiles(folder, patterns, never),
  );
}

/** JSON lines in, JSON lines out, one for one, but for blank ones; a line that isn't valid gets an error of its own. */
async function evaluateBatch(terminal: Terminal): Promise<number> {
  for await (const line of terminal.stdin()) {
    if ('text' in line && line.text.trim() === '') continue;
    const answer = 'text' in line ? evaluateLine(line.text) : invalidLine('the line is too long to be read');
    terminal.stdout.write(`${answerLine(answer)}\n`);
    await terminal.stdout.ready();
    if (terminal.stdout.failure() !== undefined) break;
  }
  return exitCodes.ok;
}

function invalidLine(message: string): ToolAnswer {
  return { error: { kind: 'parsing', message, column: 1 } };
}

/** Numbers that JSON can't hold are given as their texts, wherever they are. */
function answerLine(answer: ToolAnswer): string {
  return escapedJson(
    JSON.stringify(answer, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}

const requestKeys = ['expr', 'contexts'];

function evaluateLine(line: string): ToolAnswer {
  if (isNestedTooDeep(line)) return invalidLine('the line is nested deeper than 200 levels');
  let request: Json;
  try {
    request = JSON.parse(line) as Json; // JSON.parse gives nothing but JSON.
  } catch (error) {
    return invalidLine(`the line is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const form = 'write { "expr": "...", "contexts": { ... } }';
  if (!isJsonObject(request)) return invalidLine(`the line is not an object: ${form}`);
  const { expr: expression, contexts } = request;
  // Further keys are the caller's own, such as an id; but one that was meant to be one of ours would be missed without a word.
  const slip = Object.keys(request).find((key) => !requestKeys.includes(key) && didYouMean(key, requestKeys));
  if (slip !== undefined) return invalidLine(`${JSON.stringify(slip)} is no key of a request: ${form}`);
  if (typeof expression !== 'string') return invalidLine('"expr" must be a string');
  if (contexts !== undefined && contexts !== null && !isJsonObject(contexts))
    return invalidLine('"contexts" must be an object');
  return evaluateForTools(expression, contexts ?? {});
}

async function readContexts(terminal: Terminal, file: string): Promise<JsonObject> {
  const remedy = 'Give a JSON file such as { "inputs": { "tag": "v1" } }.';
  const invalid = (why: string, options: ErrorOptions = {}): WaterflowFailure =>
    new WaterflowFailure({ code: 'INVALID_INPUT', message: `${file} ${why}`, remedy, file }, options);
  const text = (await readFileBytes(terminal, file, remedy)).toString('utf8');
  if (isNestedTooDeep(text)) throw invalid('is nested deeper than 200 levels');
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
  return typeof value === 'string' ? value : plainJson(value, 2);
}
