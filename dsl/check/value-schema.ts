import { assertNever, isJsonObject, type Json, type JsonObject, sameJson } from '../../schemas/index.ts';
import type { MatchPattern } from '../pattern.ts';
import { quote } from '../quote.ts';
import type { Finding, Span } from '../source/report.ts';
import { nearest, suggestion } from '../suggest.ts';
import type { MappingNode, ScalarNode, SequenceNode, TreeNode } from '../tree/node.ts';
import { describe, holdsExpression, isWholeExpression, toJson, typeFix, typeRemedy } from '../tree/query.ts';

/** What is wrong with a value, and where in the file. */
export interface SchemaProblem extends Finding {
  readonly span: Span;
}

/** The schema that a value must meet. */
export interface SchemaCheck {
  readonly schema: JsonObject;
  /** For messages: `url`. */
  readonly subject: string;
  /** Undecided is taken for a match. */
  readonly match: MatchPattern;
}

interface Checked extends SchemaCheck {
  /** Where `#/definitions/...` lead. */
  readonly root: JsonObject;
  /** Keys of the value at hand that it has misspelt, so that it doesn't lack them as well. */
  readonly misspelt: ReadonlySet<string>;
}

const nothingMisspelt: ReadonlySet<string> = new Set();

/**
 * Checks what is written out in a value against a JSON Schema (draft 7), with places. An expression meets every schema: the agent
 * checks its result before the plugin starts, with every keyword; here are those that tell of mistakes in writing.
 */
export function schemaProblems(node: TreeNode, check: SchemaCheck): readonly SchemaProblem[] {
  return problemsOf(node, { ...check, root: check.schema, misspelt: nothingMisspelt });
}

function problemsOf(node: TreeNode, given: Checked): readonly SchemaProblem[] {
  if (node.kind === 'invalid' || isWholeExpression(node)) return [];
  const { schema } = given;
  const target = referenced(given);
  if (target !== undefined) return problemsOf(node, { ...given, schema: target });
  const checked = node.kind === 'mapping' ? { ...given, misspelt: misspeltKeys(node, given) } : given;
  const typed = typeProblem(node, checked);
  if (typed !== undefined) return [typed];
  return [
    ...valueProblems(node, checked),
    ...(node.kind === 'mapping' ? mappingProblems(node, checked) : []),
    ...(node.kind === 'sequence' ? sequenceProblems(node, checked) : []),
    ...objectsAt(schema, 'allOf').flatMap((part) => problemsOf(node, { ...checked, schema: part })),
    ...choiceProblems(node, checked),
  ];
}

/** The schema behind a local `$ref`. Others are left to the agent. */
function referenced({ schema, root }: Checked): JsonObject | undefined {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return undefined;
  const match = /^#\/(definitions|\$defs)\/([^/]+)$/.exec(reference);
  const definitions = match?.[1] === undefined ? undefined : root[match[1]];
  const target = isJsonObject(definitions) && match?.[2] !== undefined ? definitions[match[2]] : undefined;
  return isJsonObject(target) ? target : undefined;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'null',
};

function typeProblem(node: TreeNode, { schema, subject }: Checked): SchemaProblem | undefined {
  const types = textsOf(schema['type']);
  if (types.length === 0 || types.some((type) => hasType(node, type))) return undefined;
  const expected = types.map((type) => typeNames[type] ?? type).join(' or ');
  return {
    span: node.span,
    code: 'WRONG_TYPE',
    message: `${subject} must be ${expected}, and this is ${describe(node)}`,
    remedy: typeRemedy(node, expected),
    ...typeFix(node, expected),
  };
}

function hasType(node: TreeNode, type: string): boolean {
  switch (node.kind) {
    case 'mapping':
      return type === 'object';
    case 'sequence':
      return type === 'array';
    case 'invalid':
      return true;
    case 'scalar':
      if (node.value === null) return type === 'null';
      if (type === 'integer') return typeof node.value === 'number' && Number.isInteger(node.value);
      return typeof node.value === type;
    default:
      return assertNever(node);
  }
}

function valueProblems(node: TreeNode, checked: Checked): readonly SchemaProblem[] {
  // Text around an expression is only known in part.
  if (holdsExpression(node)) return [];
  const unlisted = listProblem(node, checked);
  if (unlisted !== undefined) return [unlisted];
  return node.kind === 'scalar' ? scalarProblems(node, checked) : [];
}

/** `enum` and `const`. */
function listProblem(node: TreeNode, { schema, subject }: Checked): SchemaProblem | undefined {
  const allowed: Json | undefined = schema['const'] === undefined ? schema['enum'] : [schema['const']];
  if (!Array.isArray(allowed)) return undefined;
  const value = toJson(node);
  if (allowed.some((candidate: Json) => sameJson(candidate, value))) return undefined;
  const words = allowed.map((candidate: Json) =>
    typeof candidate === 'string' ? candidate : JSON.stringify(candidate),
  );
  const text = node.kind === 'scalar' ? node.text : '';
  const { remedy, meant } = suggestion(text, words);
  const isText = meant !== undefined && allowed.includes(meant);
  return { ...problem(node, `${subject} can't be ${describe(node)}`, remedy), ...(isText ? { meant } : {}) };
}

function scalarProblems(node: ScalarNode, { schema, subject, match }: Checked): readonly SchemaProblem[] {
  const { value } = node;
  if (typeof value === 'number') return numberProblems(node, { value, schema, subject });
  if (typeof value !== 'string') return [];
  const length = Array.from(value).length;
  const least = numberAt(schema, 'minLength');
  const most = numberAt(schema, 'maxLength');
  if (least !== undefined && length < least) {
    return [
      problem(node, `${subject} must have at least ${least} characters, and has ${length}`, 'Write a longer text.'),
    ];
  }
  if (most !== undefined && length > most) {
    return [
      problem(node, `${subject} must have at most ${most} characters, and has ${length}`, 'Write a shorter text.'),
    ];
  }
  // A pattern that is none is the manifest's mistake, and reported where manifests are read.
  const pattern = schema['pattern'];
  if (typeof pattern !== 'string' || match(pattern, value) !== false) return [];
  return [problem(node, `${subject} doesn't match ${quote(pattern)}: ${quote(value)}`, 'Write a text of that form.')];
}

function numberProblems(
  node: ScalarNode,
  { value, schema, subject }: { readonly value: number; readonly schema: JsonObject; readonly subject: string },
): readonly SchemaProblem[] {
  const minimum = numberAt(schema, 'minimum');
  const maximum = numberAt(schema, 'maximum');
  const above = numberAt(schema, 'exclusiveMinimum');
  const below = numberAt(schema, 'exclusiveMaximum');
  const wrong =
    (minimum !== undefined && value < minimum && `at least ${minimum}`) ||
    (maximum !== undefined && value > maximum && `at most ${maximum}`) ||
    (above !== undefined && value <= above && `above ${above}`) ||
    (below !== undefined && value >= below && `below ${below}`);
  return wrong === false
    ? []
    : [problem(node, `${subject} must be ${wrong}, and is ${value}`, 'Write a number in that range.')];
}

function mappingProblems(node: MappingNode, checked: Checked): readonly SchemaProblem[] {
  const { schema, subject } = checked;
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const others = schema['additionalProperties'];
  const problems: SchemaProblem[] = [];
  for (const { key, keySpan, value } of node.entries) {
    const property = Object.hasOwn(properties, key) ? properties[key] : others;
    if (property === false) {
      problems.push({
        span: keySpan,
        code: 'UNKNOWN_KEY',
        message: `${quote(key)} is no key of ${subject}`,
        ...suggestion(key, Object.keys(properties)),
      });
    } else if (isJsonObject(property)) {
      const inner = { ...checked, schema: property, subject: quote(key), misspelt: nothingMisspelt };
      problems.push(...problemsOf(value, inner));
    }
  }
  const least = numberAt(schema, 'minProperties');
  if (least !== undefined && node.entries.length < least) {
    problems.push(
      problem(
        node,
        `${subject} must have at least ${least} keys, and has ${node.entries.length}`,
        `it can have ${Object.keys(properties).join(', ')}`,
      ),
    );
  }
  // `required: true` beside an input's schema isn't about its keys.
  const required = Array.isArray(schema['required']) ? textsOf(schema['required']) : [];
  for (const key of required) {
    if (checked.misspelt.has(key) || node.entries.some((entry) => entry.key === key)) continue;
    problems.push({
      span: firstCharacter(node.span),
      code: 'MISSING_KEY',
      message: `${subject} has no ${quote(key)}`,
      remedy: `Add ${quote(`${key}:`)}.`,
    });
  }
  return problems;
}

/** The known keys that unknown ones were taken for, with those that a schema around this one found. */
function misspeltKeys(node: MappingNode, { schema, misspelt }: Checked): ReadonlySet<string> {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  if (schema['additionalProperties'] !== false) return misspelt;
  const unknown = node.entries.filter(({ key }) => !Object.hasOwn(properties, key));
  return new Set([...misspelt, ...unknown.flatMap(({ key }) => nearest(key, Object.keys(properties)) ?? [])]);
}

function sequenceProblems(node: SequenceNode, checked: Checked): readonly SchemaProblem[] {
  const { schema, subject } = checked;
  const least = numberAt(schema, 'minItems');
  const most = numberAt(schema, 'maxItems');
  const { length } = node.items;
  const problems: SchemaProblem[] = [];
  if (least !== undefined && length < least) {
    problems.push(
      problem(node, `${subject} must have at least ${least} entries, and has ${length}`, 'Add what is missing.'),
    );
  }
  if (most !== undefined && length > most) {
    problems.push(problem(node, `${subject} must have at most ${most} entries, and has ${length}`, 'Remove some.'));
  }
  const items = schema['items'];
  if (!isJsonObject(items)) return problems;
  const inner = { ...checked, schema: items, subject: `an entry of ${subject}`, misspelt: nothingMisspelt };
  return [...problems, ...node.items.flatMap((item) => problemsOf(item, inner))];
}

/** `oneOf` and `anyOf`: one fitting branch is enough; else what is wrong with the branch that fits best. */
function choiceProblems(node: TreeNode, checked: Checked): readonly SchemaProblem[] {
  const branches = [...objectsAt(checked.schema, 'oneOf'), ...objectsAt(checked.schema, 'anyOf')];
  if (branches.length === 0) return [];
  const outcomes = branches.map((schema) => problemsOf(node, { ...checked, schema }));
  if (outcomes.some((problems) => problems.length === 0)) return [];
  // A branch that fails inside the value fits better than one that wants something else altogether.
  const inner = outcomes.filter((problems) => !problems.some(({ span }) => span === node.span));
  const best = (inner.length === 0 ? outcomes : inner).toSorted((left, right) => left.length - right.length)[0];
  return best ?? [];
}

function problem(node: TreeNode, message: string, remedy: string): SchemaProblem {
  return { span: node.span, code: 'INVALID_VALUE', message, remedy };
}

function firstCharacter(span: Span): Span {
  return { start: span.start, end: span.start + 1 };
}

function textsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item: Json): item is string => typeof item === 'string') : [];
}

function objectsAt(schema: JsonObject, key: string): readonly JsonObject[] {
  const value = schema[key];
  return Array.isArray(value) ? value.filter((item: Json): item is JsonObject => isJsonObject(item)) : [];
}

function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === 'number' ? value : undefined;
}
