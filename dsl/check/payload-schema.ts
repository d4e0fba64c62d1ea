import { compilePattern, matchCheaply } from '../pattern.ts';
import { quote } from '../quote.ts';
import type { Finding, Span } from '../source/report.ts';
import { nearest, suggestion } from '../suggest.ts';
import type { TreeNode } from '../tree/node.ts';
import { anyScalar, describe, holdsExpression, typeFix, typeRemedy } from '../tree/query.ts';

type SchemaFinding = Finding & { readonly span: Span };

/** What is wrong with the value of a keyword; `subject` names it. */
type ValueCheck = (value: TreeNode, subject: string) => readonly SchemaFinding[];

const types = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const;

/**
 * The keywords of JSON Schema (draft 7) by which the machine checks payloads. It interprets them itself, since it can't compile
 * code; what it would pass over is a mistake here. `format` and the first ones are notes for people.
 */
const keywords: Readonly<Record<string, ValueCheck>> = {
  $schema: checkText,
  $comment: checkText,
  title: checkText,
  description: checkText,
  default: () => [],
  examples: listOf(() => []),
  format: checkText,
  type: (value, subject) => (value.kind === 'sequence' ? listOf(checkType)(value, subject) : checkType(value, subject)),
  enum: listOf(() => []),
  const: () => [],
  minimum: checkNumber,
  maximum: checkNumber,
  exclusiveMinimum: checkNumber,
  exclusiveMaximum: checkNumber,
  minLength: checkCount,
  maxLength: checkCount,
  pattern: checkPattern,
  items: checkSchema,
  minItems: checkCount,
  maxItems: checkCount,
  properties: checkProperties,
  required: listOf(checkText, { least: 0 }),
  additionalProperties: (value, subject) => (isBoolean(value) ? [] : checkSchema(value, subject)),
  minProperties: checkCount,
  maxProperties: checkCount,
  oneOf: listOf(checkSchema),
  anyOf: listOf(checkSchema),
  allOf: listOf(checkSchema),
  not: checkSchema,
};

/** What is wrong with the schema of a payload, with places: it must be written out, and use the keywords above alone. */
export function payloadSchemaProblems(node: TreeNode): readonly SchemaFinding[] {
  let computed: Span | undefined;
  anyScalar(node, (scalar) => {
    if (holdsExpression(scalar)) computed = scalar.span;
    return computed !== undefined;
  });
  if (computed !== undefined) {
    return [
      {
        span: computed,
        code: 'INVALID_VALUE',
        message: '`schema` can hold no expression: it must be known when the file is read',
        remedy: 'Write the value out.',
      },
    ];
  }
  return checkSchema(node, '`schema`');
}

function checkSchema(node: TreeNode, subject: string): readonly SchemaFinding[] {
  if (node.kind !== 'mapping') return wrongType(node, subject, 'a schema, which is a mapping of keywords');
  return node.entries.flatMap(({ key, keySpan, value }): readonly SchemaFinding[] => {
    const check = Object.hasOwn(keywords, key) ? keywords[key] : undefined;
    if (check !== undefined) return check(value, quote(key));
    const names = Object.keys(keywords);
    const message = `${quote(key)} is no keyword by which payloads are checked`;
    return [{ span: keySpan, code: 'UNKNOWN_KEY', message, ...suggestion(key, names), remedy: remedyOf(key, names) }];
  });
}

/** All keywords: there are more of them than suggestions usually list, and none could be guessed. */
function remedyOf(key: string, names: readonly string[]): string {
  const meant = nearest(key, names);
  const list = `Possible here: ${names.join(', ')}.`;
  return meant === undefined ? list : `Did you mean ${quote(meant)}? ${list}`;
}

function checkProperties(node: TreeNode, subject: string): readonly SchemaFinding[] {
  if (node.kind !== 'mapping') return wrongType(node, subject, 'a mapping of schemas by name');
  return node.entries.flatMap(({ key, value }) => checkSchema(value, quote(key)));
}

/** A list, which can be empty only where `least` is 0, of values that the check is for. */
function listOf(check: ValueCheck, { least }: { readonly least: 0 | 1 } = { least: 1 }): ValueCheck {
  return (node, subject) => {
    if (node.kind !== 'sequence') return wrongType(node, subject, 'a list');
    if (node.items.length < least) return [invalid(node, `${subject} is empty`, 'Add a value.')];
    return node.items.flatMap((item) => check(item, `an entry of ${subject}`));
  };
}

function checkText(node: TreeNode, subject: string): readonly SchemaFinding[] {
  return typeof valueOf(node) === 'string' ? [] : wrongType(node, subject, 'a text');
}

function checkType(node: TreeNode, subject: string): readonly SchemaFinding[] {
  const value = valueOf(node);
  // `null` without quotes is no text, but can only be meant as the type.
  const word = value === null && node.kind === 'scalar' && node.text === 'null' ? 'null' : value;
  if (typeof word !== 'string') return wrongType(node, subject, 'the name of a type');
  if (types.some((type) => type === word) && value !== null) return [];
  const { remedy, meant } = suggestion(word, types);
  if (value === null)
    return [{ ...invalid(node, `${subject} is null, not a text`, "Write `'null'`, in quotes."), meant: 'null' }];
  return [{ ...invalid(node, `there is no type ${quote(word)}`, remedy), ...(meant === undefined ? {} : { meant }) }];
}

function checkNumber(node: TreeNode, subject: string): readonly SchemaFinding[] {
  return typeof valueOf(node) === 'number' ? [] : wrongType(node, subject, 'a number');
}

function checkCount(node: TreeNode, subject: string): readonly SchemaFinding[] {
  const value = valueOf(node);
  if (typeof value !== 'number') return wrongType(node, subject, 'a whole number');
  if (Number.isInteger(value) && value >= 0) return [];
  return [invalid(node, `${subject} must be a whole number, at least 0, and is ${value}`, 'Write such a number.')];
}

function checkPattern(node: TreeNode, subject: string): readonly SchemaFinding[] {
  const value = valueOf(node);
  if (typeof value !== 'string') return wrongType(node, subject, 'a text');
  if (compilePattern(value) === undefined) {
    return [invalid(node, `${quote(value)} is no regular expression`, 'Write one of JavaScript (with the flag `u`).')];
  }
  // The machine matches in bounded time alone, whoever sends the payload.
  if (matchCheaply(value, '') !== undefined) return [];
  const remedy = 'Write it without repeated groups, references back and looking around.';
  return [invalid(node, `${quote(value)} could take too long to match`, remedy)];
}

function isBoolean(node: TreeNode): boolean {
  return typeof valueOf(node) === 'boolean';
}

/** Undefined for what is no scalar. */
function valueOf(node: TreeNode): string | number | boolean | null | undefined {
  return node.kind === 'scalar' ? node.value : undefined;
}

function wrongType(node: TreeNode, subject: string, expected: string): readonly SchemaFinding[] {
  if (node.kind === 'invalid') return [];
  const message = `${subject} must be ${expected}, and this is ${describe(node)}`;
  return [
    { span: node.span, code: 'WRONG_TYPE', message, remedy: typeRemedy(node, expected), ...typeFix(node, expected) },
  ];
}

function invalid(node: TreeNode, message: string, remedy: string): SchemaFinding {
  return { span: node.span, code: 'INVALID_VALUE', message, remedy };
}
