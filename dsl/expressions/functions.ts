import { WaterflowFailure } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { EvaluationEnvironment } from './api.ts';
import { looselyEqual } from './comparison.ts';
import { parseFormat } from './format.ts';
import { isNestedTooDeep, writeJson } from './json-text.ts';
import { EvaluationProblem } from './problem.ts';
import { foldCase } from './text.ts';
import { booleanValue, isPrimitive, itemsOf, textValue, toJson, toValue, type Value } from './values.ts';

/** A call as its function sees it. Arguments are evaluated when they are asked for, each time anew. */
export interface FunctionCallSite {
  readonly count: number;
  readonly argument: (index: number) => Value;
  readonly environment: Omit<EvaluationEnvironment, 'contexts'>;
  /** Takes the length of every text that is made; throws when an evaluation makes too much. */
  readonly charge: (length: number) => void;
}

/** A function of the language: how often it takes arguments, and what it does. */
export interface FunctionRule {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** `case` takes pairs and one more. */
  readonly odd?: true;
  /** How it is called, for remedies. */
  readonly usage: string;
  readonly evaluate: (call: FunctionCallSite) => Value;
}

/** GitHub reads the number of arguments into a byte. */
const mostArguments = 255;

/** All functions of the language. */
export const functionRules: readonly FunctionRule[] = [
  { name: 'contains', least: 2, most: 2, usage: "contains(search, 'item')", evaluate: contains },
  { name: 'startsWith', least: 2, most: 2, usage: "startsWith(text, 'start')", evaluate: startsWith },
  { name: 'endsWith', least: 2, most: 2, usage: "endsWith(text, 'end')", evaluate: endsWith },
  { name: 'format', least: 1, most: mostArguments, usage: "format('{0} {1}', first, second)", evaluate: format },
  { name: 'join', least: 1, most: 2, usage: "join(array, ', ')", evaluate: join },
  { name: 'toJSON', least: 1, most: 1, usage: 'toJSON(value)', evaluate: toJsonText },
  { name: 'fromJSON', least: 1, most: 1, usage: 'fromJSON(text)', evaluate: fromJsonText },
  {
    name: 'case',
    least: 3,
    most: mostArguments,
    odd: true,
    usage: 'case(condition, value, otherwise)',
    evaluate: firstCase,
  },
  { name: 'hashFiles', least: 1, most: mostArguments, usage: "hashFiles('**/package-lock.json')", evaluate: hashFiles },
  { name: 'success', least: 0, most: 0, usage: 'success()', evaluate: (call) => status(call, 'success') },
  { name: 'failure', least: 0, most: 0, usage: 'failure()', evaluate: (call) => status(call, 'failure') },
  { name: 'cancelled', least: 0, most: 0, usage: 'cancelled()', evaluate: (call) => status(call, 'cancelled') },
  { name: 'always', least: 0, most: 0, usage: 'always()', evaluate: () => booleanValue(true) },
];

const rulesByName = new Map(functionRules.map((rule) => [rule.name.toLowerCase(), rule]));

/** Functions that may be called everywhere, by their names as they are written in documentation. */
export const generalFunctions: readonly string[] = [
  'contains',
  'startsWith',
  'endsWith',
  'format',
  'join',
  'toJSON',
  'fromJSON',
  'case',
];

/** The function of that name, in any letter case. */
export function findFunction(name: string): FunctionRule | undefined {
  return rulesByName.get(name.toLowerCase());
}

/** What is wrong with a number of arguments; undefined where it is right. */
export function argumentCountProblem(rule: FunctionRule, count: number): string | undefined {
  const given = count === 0 ? 'none is given' : count === 1 ? '1 is given' : `${count} are given`;
  if (count < rule.least || count > rule.most) return `${rule.name} takes ${expectedCount(rule)}, and ${given}`;
  if (rule.odd && count % 2 === 0)
    return `${rule.name} takes pairs of a condition and a value, and one value more; ${given}`;
  return undefined;
}

function expectedCount({ least, most }: FunctionRule): string {
  const plural = (count: number): string => (count === 1 ? '1 argument' : `${count} arguments`);
  if (most === 0) return 'no arguments';
  if (least === most) return plural(least);
  return most === mostArguments ? `at least ${plural(least)}` : `${least} to ${plural(most)}`;
}

function contains({ argument }: FunctionCallSite): Value {
  const search = argument(0);
  if (isPrimitive(search)) {
    const item = argument(1);
    return booleanValue(isPrimitive(item) && foldCase(search.coerceString()).includes(foldCase(item.coerceString())));
  }
  const items = itemsOf(search);
  if (items === undefined || items.length === 0) return booleanValue(false);
  const wanted = argument(1);
  return booleanValue(items.some((item) => looselyEqual(wanted, item)));
}

function startsWith(call: FunctionCallSite): Value {
  return compareEnds(call, (text, part) => text.startsWith(part));
}

function endsWith(call: FunctionCallSite): Value {
  return compareEnds(call, (text, part) => text.endsWith(part));
}

function compareEnds({ argument }: FunctionCallSite, matches: (text: string, part: string) => boolean): Value {
  const text = argument(0);
  if (!isPrimitive(text)) return booleanValue(false);
  const part = argument(1);
  return booleanValue(isPrimitive(part) && matches(foldCase(text.coerceString()), foldCase(part.coerceString())));
}

function format({ argument, count, charge }: FunctionCallSite): Value {
  const text = argument(0).coerceString();
  const parsed = parseFormat(text);
  if ('wrong' in parsed) throw new EvaluationProblem(wrongFormat(text, parsed.wrong));
  const missing = parsed.parts.find((part) => typeof part === 'number' && part + 1 >= count);
  if (missing !== undefined) throw new EvaluationProblem(missingArgument(text, missing));
  const texts = new Map<number, string>();
  const pieces = parsed.parts.map((part) => {
    const piece = typeof part === 'string' ? part : (texts.get(part) ?? argument(part + 1).coerceString());
    if (typeof part === 'number') texts.set(part, piece);
    charge(piece.length);
    return piece;
  });
  return textValue(pieces.join(''));
}

/** A format text that can't be read. */
export function wrongFormat(
  text: string,
  wrong: string,
): { code: 'EVALUATION_FAILED'; message: string; remedy: string } {
  return {
    code: 'EVALUATION_FAILED',
    message: `format can't read ${quote(text)} from ${quote(wrong)} on`,
    remedy: 'An argument is written {0}; a brace itself is written twice: {{ or }}.',
  };
}

/** A format text that wants an argument which isn't given. */
export function missingArgument(
  text: string,
  part: string | number,
): { code: 'EVALUATION_FAILED'; message: string; remedy: string } {
  return {
    code: 'EVALUATION_FAILED',
    message: `format has no argument for {${part}} in ${quote(text)}`,
    remedy: 'Give the argument, counting from {0}, or write the braces twice: {{ and }}.',
  };
}

function join({ argument, count, charge }: FunctionCallSite): Value {
  const value = argument(0);
  if (isPrimitive(value)) return textValue(value.coerceString());
  const items = itemsOf(value) ?? [];
  const separator = count > 1 && items.length > 1 ? argument(1) : undefined;
  const between = separator !== undefined && isPrimitive(separator) ? separator.coerceString() : ',';
  const pieces = items.map((item) => {
    const piece = item.coerceString();
    charge(piece.length + between.length);
    return piece;
  });
  return textValue(pieces.join(between));
}

function toJsonText({ argument, charge }: FunctionCallSite): Value {
  return textValue(writeJson(toJson(argument(0)), charge));
}

function fromJsonText({ argument, charge }: FunctionCallSite): Value {
  const text = argument(0).coerceString();
  charge(text.length);
  if (isNestedTooDeep(text)) {
    throw new EvaluationProblem({
      code: 'LIMIT_EXCEEDED',
      message: 'fromJSON was given data nested too deep: more than 200 levels',
      remedy: 'Make the data flatter.',
    });
  }
  try {
    // JSON.parse gives nothing but JSON.
    return toValue(JSON.parse(text) as ReturnType<typeof toJson>);
  } catch {
    // The engine's own message differs between versions, and this one is kept in the run's journal.
    throw new EvaluationProblem({
      code: 'EVALUATION_FAILED',
      message:
        text.trim() === ''
          ? 'fromJSON was given an empty text'
          : `fromJSON was given ${quote(text)}, which is not JSON`,
      remedy: "Give it JSON, such as '[1, 2]'; test for '' first where the value may be missing.",
    });
  }
}

function firstCase({ argument, count }: FunctionCallSite): Value {
  for (let index = 0; index + 1 < count; index += 2) {
    const condition = toJson(argument(index));
    if (typeof condition !== 'boolean') {
      throw new EvaluationProblem({
        code: 'EVALUATION_FAILED',
        message: `argument ${index + 1} of case must be true or false`,
        remedy: "Write a comparison, such as value != '', or !!value.",
      });
    }
    if (condition) return argument(index + 1);
  }
  return argument(count - 1);
}

function hashFiles({ argument, count, environment }: FunctionCallSite): Value {
  if (environment.hashFiles === undefined) throw notAvailable('hashFiles');
  const patterns = Array.from({ length: count }, (_, index) => argument(index).coerceString());
  try {
    return textValue(environment.hashFiles(patterns));
  } catch (error) {
    if (error instanceof WaterflowFailure) throw new EvaluationProblem(error.error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new EvaluationProblem({
      code: 'EVALUATION_FAILED',
      message: `hashFiles failed: ${reason}`,
      remedy: 'Check that the files are in the workspace and may be read.',
    });
  }
}

function status({ environment }: FunctionCallSite, name: 'success' | 'failure' | 'cancelled'): Value {
  if (environment.status === undefined) throw notAvailable(name);
  return booleanValue(environment.status[name]);
}

function notAvailable(name: string): EvaluationProblem {
  return new EvaluationProblem({
    code: 'EVALUATION_FAILED',
    message: `${name}() can't be answered here`,
    remedy: `Call ${name}() where the reference of expressions lists it.`,
  });
}
