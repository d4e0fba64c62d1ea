import { assertNever, type Json, type PlannedInput } from '../../schemas/index.ts';
import { toText } from '../expressions/index.ts';
import { type InputType, inputProblem, inputTypes } from '../inputs.ts';
import { quote } from '../quote.ts';
import { nearest, soleGuess, suggestion } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression, toJson, typeFix } from '../tree/query.ts';
import { distinctKeys } from './distinct-keys.ts';
import { type KeyTable, readFields } from './fields.ts';
import { checkIdentifier, readLiteralText, readWord } from './literals.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';

/** Inputs of the workflow by name, in file order. */
export type PlannedInputs = Readonly<Record<string, PlannedInput>>;

/** How a run may start; `workflow_dispatch` is GitHub's name for it. */
const manualNames = ['manual', 'workflow_dispatch'] as const;
/** Of the language, but not of this version. */
const laterTriggers: readonly string[] = ['schedule', 'webhook', 'workflow_call'];

const manualKeys: KeyTable<'inputs'> = { what: 'a manual trigger', keys: ['inputs'], later: [] };

type InputKey = 'description' | 'type' | 'required' | 'default' | 'options' | 'pattern';
/** What an input of `on.manual` can have. */
export const inputKeys: KeyTable<InputKey> = {
  what: 'an input',
  keys: ['description', 'type', 'required', 'default', 'options', 'pattern'],
  later: [],
};

/** `on:` -> the inputs of a manual start. */
export function readTriggers(reading: Reading, node: TreeNode): PlannedInputs {
  switch (node.kind) {
    case 'invalid':
      return {};
    case 'scalar':
      if (node.value === null) {
        reading.report.error(node.span, { code: 'EMPTY', message: '`on` is empty', remedy: 'Write `on: manual`.' });
        return {};
      }
      checkTrigger(reading, node);
      return {};
    case 'sequence':
      if (node.items.length === 0) {
        reading.report.error(node.span, { code: 'EMPTY', message: '`on` is empty', remedy: 'Write `on: manual`.' });
      }
      for (const item of node.items) checkTrigger(reading, item);
      return {};
    case 'mapping':
      return readTriggerMapping(reading, node.entries);
    default:
      return assertNever(node);
  }
}

function checkTrigger(reading: Reading, node: TreeNode): void {
  const text = readLiteralText(reading, node, { subject: 'a trigger' });
  if (text !== undefined) checkTriggerName(reading, { text, span: node.span });
}

function checkTriggerName(reading: Reading, name: { readonly text: string; readonly span: TreeNode['span'] }): boolean {
  if (manualNames.some((known) => known === name.text)) return true;
  const isLater = laterTriggers.includes(name.text);
  const isSlip = !isLater && nearest(name.text, manualNames) !== undefined;
  reading.report.error(name.span, {
    code: 'INVALID_VALUE',
    message: isLater
      ? `the trigger ${quote(name.text)} is not supported by this version`
      : `there is no trigger ${quote(name.text)}`,
    ...(isSlip
      ? suggestion(name.text, manualNames)
      : { remedy: 'Write `on: manual`, and start the run with `waterflow run` from what should trigger it.' }),
  });
  return false;
}

function readTriggerMapping(reading: Reading, entries: readonly MappingEntry[]): PlannedInputs {
  let inputs: PlannedInputs = {};
  for (const { key, keySpan, value } of entries) {
    if (!checkTriggerName(reading, { text: key, span: keySpan })) continue;
    if (value.kind === 'scalar' && value.value === null) continue;
    const fields = readFields(reading, value, manualKeys);
    const declared = fields?.get('inputs')?.value;
    if (declared !== undefined) inputs = { ...inputs, ...readInputs(reading, declared) };
  }
  return inputs;
}

function readInputs(reading: Reading, node: TreeNode): PlannedInputs {
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
  const options = readOptions(reading, { type, node: fields.get('options'), entry });
  const pattern = readPattern(reading, { type, node: fields.get('pattern') });
  const descriptionText =
    description === undefined ? undefined : readLiteralText(reading, description, { subject: '`description`' });
  const input: PlannedInput = {
    type: type ?? 'string',
    required: readRequired(reading, fields.get('required')?.value),
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

function readRequired(reading: Reading, node: TreeNode | undefined): boolean {
  if (node === undefined) return false;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  reportWrongType(reading, node, { subject: '`required`', expected: 'true or false' });
  return false;
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
  return node.value.items.flatMap((item) => {
    if (item.kind === 'scalar' && (typeof item.value === 'number' || typeof item.value === 'boolean'))
      return [toText(item.value)];
    return readLiteralText(reading, item, { subject: 'an option' }) ?? [];
  });
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
  const { node, input, name } = found;
  if (node.kind === 'invalid') return undefined;
  if (holdsExpression(node)) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: '`default` can hold no expression: nothing is known before a run starts',
      remedy: 'Write the value out, or use the expression where the input is read.',
    });
    return undefined;
  }
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
    message: `\`default\`: ${problem.message}`,
    ...(problem.code === 'WRONG_TYPE' ? typeFix(node, expectedTypes[input.type]) : {}),
    ...(meant === undefined ? {} : { meant }),
  });
  return undefined;
}

/** In the words of {@link typeFix}. */
const expectedTypes: Readonly<Record<InputType, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  choice: 'a choice',
  json: 'JSON',
};
