import type { Json, PlannedInput } from '../../schemas/index.ts';
import { toText } from '../expressions/index.ts';
import { type InputType, inputProblem, inputTypes } from '../inputs.ts';
import { quote } from '../quote.ts';
import { soleGuess } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression, toJson, typeFix } from '../tree/query.ts';
import { distinctKeys } from './distinct-keys.ts';
import { type KeyTable, readFields } from './fields.ts';
import { checkIdentifier, readBoolean, readLiteralText, readWord } from './literals.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';

/** Inputs of the workflow by name, in file order. */
export type PlannedInputs = Readonly<Record<string, PlannedInput>>;

type InputKey = 'description' | 'type' | 'required' | 'default' | 'options' | 'pattern';
/** What an input of `on.manual` or `on.workflow_call` can have. */
export const inputKeys: KeyTable<InputKey> = {
  what: 'an input',
  keys: ['description', 'type', 'required', 'default', 'options', 'pattern'],
};

/** `inputs:` of a trigger -> inputs by name. */
export function readInputs(reading: Reading, node: TreeNode): PlannedInputs {
  const mapping = asMapping(reading, node, { subject: '`inputs`', remedy: 'Write `name: { type: string }` below it.' });
  const inputs: [string, PlannedInput][] = [];
  const admit = distinctKeys(reading, 'inputs');
  for (const entry of mapping?.entries ?? []) {
    if (!checkIdentifier(reading, entry.keySpan, { what: 'an input', text: entry.key }) || !admit(entry)) continue;
    inputs.push([entry.key, readInput(reading, entry)]);
  }
  return Object.fromEntries(inputs);
}

function readInput(reading: Reading, entry: MappingEntry): PlannedInput {
  const at = reading.report.position(entry.keySpan.start);
  const isBare = entry.value.kind === 'scalar' && entry.value.value === null;
  const fields = isBare
    ? undefined
    : readFields(reading, entry.value, { ...inputKeys, what: `the input ${quote(entry.key)}` });
  if (fields === undefined) return { type: 'string', required: false, at };
  const typeNode = fields.get('type')?.value;
  const type =
    typeNode === undefined ? 'string' : readWord(reading, typeNode, { subject: '`type`', words: inputTypes });
  const description = fields.get('description')?.value;
  const required = fields.get('required')?.value;
  const options = readOptions(reading, { type, node: fields.get('options'), entry });
  const pattern = readPattern(reading, { type, node: fields.get('pattern') });
  const descriptionText =
    description === undefined ? undefined : readLiteralText(reading, description, { subject: '`description`' });
  const input: PlannedInput = {
    type: type ?? 'string',
    required: (required === undefined ? undefined : readBoolean(reading, required, { subject: '`required`' })) ?? false,
    at,
    ...(descriptionText === undefined ? {} : { description: descriptionText }),
    ...(options === undefined ? {} : { options }),
    ...(pattern === undefined ? {} : { pattern }),
  };
  const defaultNode = fields.get('default')?.value;
  if (defaultNode === undefined || type === undefined) return input;
  const value = readDefault(reading, { name: entry.key, input, node: defaultNode });
  return value === undefined ? input : { ...input, default: value };
}

interface OptionsField {
  readonly type: InputType | undefined;
  readonly node: MappingEntry | undefined;
  readonly entry: MappingEntry;
}

function readOptions(reading: Reading, { type, node, entry }: OptionsField): readonly string[] | undefined {
  if (node === undefined) {
    if (type === 'choice') {
      reading.report.error(entry.keySpan, {
        code: 'MISSING_KEY',
        message: `the input ${quote(entry.key)} is a choice without \`options\``,
        remedy: 'Add `options: [first, second]`.',
      });
    }
    return undefined;
  }
  if (type !== 'choice' && type !== undefined) {
    reading.report.error(node.keySpan, {
      code: 'INVALID_VALUE',
      message: '`options` belong to an input of type choice',
      remedy: 'Write `type: choice`, or remove the options.',
    });
  }
  if (node.value.kind !== 'sequence') {
    reportWrongType(reading, node.value, { subject: '`options`', expected: 'a list' });
    return undefined;
  }
  if (node.value.items.length === 0) {
    reading.report.error(node.value.span, {
      code: 'EMPTY',
      message: '`options` is empty',
      remedy: 'Add the possible values.',
    });
  }
  const seen = new Set<string>();
  return node.value.items.flatMap((item) => {
    const option = readOption(reading, item);
    if (option === undefined) return [];
    if (seen.has(option)) {
      reading.report.error(item.span, {
        code: 'DUPLICATE_ID',
        message: `the option ${quote(option)} stands here twice`,
        remedy: 'Remove one of them.',
      });
    }
    seen.add(option);
    return [option];
  });
}

/** Whatever an option looks like, it is a text. */
function readOption(reading: Reading, item: TreeNode): string | undefined {
  if (item.kind === 'scalar' && (typeof item.value === 'number' || typeof item.value === 'boolean'))
    return toText(item.value);
  return readLiteralText(reading, item, { subject: 'an option' });
}

function readPattern(
  reading: Reading,
  { type, node }: { readonly type: InputType | undefined; readonly node: MappingEntry | undefined },
): string | undefined {
  if (node === undefined) return undefined;
  if (type !== 'string' && type !== undefined) {
    reading.report.error(node.keySpan, {
      code: 'INVALID_VALUE',
      message: '`pattern` belongs to an input of type string',
      remedy: 'Write `type: string`, or remove the pattern.',
    });
  }
  const pattern = readLiteralText(reading, node.value, { subject: '`pattern`' });
  if (pattern === undefined) return undefined;
  const compiled = readRegExp(pattern);
  if (compiled instanceof RegExp) return pattern;
  reading.report.error(node.value.span, {
    code: 'INVALID_VALUE',
    message: `${quote(pattern)} is no regular expression: ${compiled.message}`,
    remedy: 'Write it as JavaScript does, without slashes, as in `^v[0-9]+$`.',
  });
  return undefined;
}

function readRegExp(text: string): RegExp | SyntaxError {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function readDefault(
  reading: Reading,
  found: { readonly name: string; readonly input: PlannedInput; readonly node: TreeNode },
): Json | undefined {
  const { node } = found;
  if (node.kind === 'invalid') return undefined;
  if (holdsExpression(node)) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: '`default` can hold no expression: nothing is known before a run starts',
      remedy: 'Write the value out, or use the expression where the input is read.',
    });
    return undefined;
  }
  return readInputValue(reading, { ...found, prefix: '`default`: ' });
}

/** A value that is written out for an input. */
export interface WrittenValue {
  readonly name: string;
  readonly input: PlannedInput;
  /** It holds no expression. */
  readonly node: TreeNode;
  /** Begins the message where the value doesn't fit. */
  readonly prefix?: string;
}

/** A value that is written out for an input, of the input's type. Undefined where it isn't; that is reported. */
export function readInputValue(reading: Reading, { name, input, node, prefix = '' }: WrittenValue): Json | undefined {
  if (node.kind === 'invalid') return undefined;
  const written = toJson(node);
  // A choice's options are texts, whatever they look like.
  const value =
    input.type === 'choice' && (typeof written === 'number' || typeof written === 'boolean')
      ? toText(written)
      : written;
  const problem = inputProblem({ name, input, value }, reading.matchPattern);
  if (problem === undefined) return value;
  const meant = node.kind === 'scalar' ? soleGuess(node.text, input.options ?? []) : undefined;
  reading.report.error(node.span, {
    ...problem,
    message: `${prefix}${problem.message}`,
    ...(problem.code === 'WRONG_TYPE' ? typeFix(node, expectedTypes[input.type]) : {}),
    ...(meant === undefined ? {} : { meant }),
  });
  return undefined;
}

/** What a value of each type is, in the words of {@link typeFix}. */
export const expectedTypes: Readonly<Record<InputType, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  choice: 'a choice',
  json: 'JSON',
};
