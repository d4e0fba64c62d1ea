import { parseDuration } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { suggestion } from '../suggest.ts';
import type { TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';
import { type Reading, reportWrongType } from './reading.ts';
import type { TypedField } from './templates.ts';

/** Text that is known when the file is read: no expression in it. Undefined where it isn't; that is reported. */
export function readLiteralText(reading: Reading, node: TreeNode, field: TypedField): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    reportWrongType(reading, node, { subject: field.subject, expected: 'a text' });
    return undefined;
  }
  if (holdsExpression(node)) {
    reportExpression(reading, node.span, field);
    return undefined;
  }
  if (node.text.trim() === '') {
    reading.report.error(node.span, {
      code: 'EMPTY',
      message: `${field.subject} is empty`,
      remedy: 'Write a text, or remove the key.',
    });
    return undefined;
  }
  return node.text;
}

function reportExpression(reading: Reading, span: Span, field: TypedField): void {
  reading.report.error(span, {
    code: 'INVALID_VALUE',
    message: `${field.subject} can hold no expression: it must be known when the file is read`,
    remedy: 'Write the value out.',
  });
}

/** A duration with a least value, in ms. Undefined where it is none; that is reported. */
export function readDuration(
  reading: Reading,
  node: TreeNode,
  field: TypedField & { readonly minimum_ms: number },
): number | undefined {
  const remedy = 'Write a duration like 90s, 1h30m, 500ms or PT5M.';
  const least = `${field.minimum_ms / 1000}s`;
  if (node.kind === 'scalar' && typeof node.value === 'number') {
    reportWrongType(reading, node, { subject: field.subject, expected: 'a duration with its unit', remedy });
    return undefined;
  }
  const text = readLiteralText(reading, node, field);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined && duration >= field.minimum_ms) return duration;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message:
      duration === undefined
        ? `${field.subject} must be a duration, and ${quote(text)} is none`
        : `${field.subject} must be at least ${least}, and ${quote(text)} is less`,
    remedy: duration === undefined ? remedy : `Write ${least} or a longer duration.`,
  });
  return undefined;
}

/** One of a closed set of words. Undefined where it is none; that is reported with the nearest one. */
export function readWord<Word extends string>(
  reading: Reading,
  node: TreeNode,
  field: TypedField & { readonly words: readonly Word[] },
): Word | undefined {
  const text = readLiteralText(reading, node, field);
  if (text === undefined) return undefined;
  const word = field.words.find((candidate) => candidate === text);
  if (word === undefined) reportUnknownWord(reading, node.span, { ...field, text });
  return word;
}

function reportUnknownWord(
  reading: Reading,
  span: Span,
  found: TypedField & { readonly words: readonly string[]; readonly text: string },
): void {
  reading.report.error(span, {
    code: 'INVALID_VALUE',
    message: `${found.subject} can't be ${quote(found.text)}`,
    ...suggestion(found.text, found.words),
  });
}

/** Not `__proto__`: names are keys of JSON objects all through the engine, and this one is none in JavaScript. */
const identifier = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_-]*$/;
const longestIdentifier = 100;

/** Checks a name that expressions use: of a job, step, input, output, axis. Reports what is wrong with it. */
export function checkIdentifier(
  reading: Reading,
  span: Span,
  name: { readonly what: string; readonly text: string },
): boolean {
  if (identifier.test(name.text) && name.text.length <= longestIdentifier) return true;
  const isLong = name.text.length > longestIdentifier;
  reading.report.error(span, {
    code: 'INVALID_VALUE',
    message: isLong
      ? `${name.what} has ${name.text.length} characters, more than ${longestIdentifier}`
      : `${quote(name.text)} can't be ${name.what}`,
    remedy: isLong
      ? 'Shorten it; `name` is the place for a description.'
      : 'Begin with a letter or _, and go on with letters, digits, - and _.',
  });
  return false;
}

/** true or false, written out. Undefined where it is neither; that is reported. */
export function readBoolean(reading: Reading, node: TreeNode, field: TypedField): boolean | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  if (holdsExpression(node)) reportExpression(reading, node.span, field);
  else reportWrongType(reading, node, { subject: field.subject, expected: 'true or false' });
  return undefined;
}
