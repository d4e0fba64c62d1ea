import { Ajv } from 'ajv';
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  oneof,
  property,
  record,
  uniqueArray,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { matchCheaply } from '../pattern.ts';
import { LineIndex } from '../source/lines.ts';
import { Report } from '../source/report.ts';
import { buildTree } from '../tree/build.ts';
import { parseYaml } from '../tree/parse.ts';
import { schemaProblems } from './value-schema.ts';

/** `CODE` of each problem of a value, written as JSON. */
function codesOf(value: Json, schema: JsonObject): readonly string[] {
  const text = JSON.stringify(value);
  const report = new Report('v.yml', new LineIndex(text));
  const [yaml] = parseYaml(text, report);
  if (yaml === undefined) throw new Error('the test needs a value');
  return schemaProblems(buildTree(yaml.document, text, report), { schema, subject: 'it', match: matchCheaply }).map(
    ({ code }) => code,
  );
}

describe('schemaProblems', () => {
  it.each<readonly [string, Json, JsonObject, readonly string[]]>([
    ['anything without a type', { a: [1] }, {}, []],
    ['one of several types', null, { type: ['string', 'null'] }, []],
    ['a wrong type', 1, { type: ['string', 'null'] }, ['WRONG_TYPE']],
    ['a whole number', 1.5, { type: 'integer' }, ['WRONG_TYPE']],
    ['a word of a set', 'c', { enum: ['a', 'b'] }, ['INVALID_VALUE']],
    ['a constant', { a: [1] }, { const: { a: [1] } }, []],
    ['a text that is too short', 'é', { minLength: 2 }, ['INVALID_VALUE']],
    ['length in characters, not code units', '😀😀', { maxLength: 2 }, []],
    ['a pattern', 'b', { pattern: '^a' }, ['INVALID_VALUE']],
    ['a pattern that could take for ever', 'b', { pattern: '^(a+)+$' }, []],
    ['too few keys', {}, { minProperties: 1 }, ['INVALID_VALUE']],
    ['a pattern that is none', 'b', { pattern: '(' }, []],
    ['bounds of numbers', [0, 3, 1, 2], { items: { minimum: 1, maximum: 2 } }, ['INVALID_VALUE', 'INVALID_VALUE']],
    [
      'exclusive bounds',
      [0, 1],
      { items: { exclusiveMinimum: 0, exclusiveMaximum: 1 } },
      ['INVALID_VALUE', 'INVALID_VALUE'],
    ],
    ['items of a list', [1, 'a'], { items: { type: 'integer' } }, ['WRONG_TYPE']],
    ['a list that is too long', [1, 2], { maxItems: 1 }, ['INVALID_VALUE']],
    ['required keys', {}, { required: ['a', 'b'] }, ['MISSING_KEY', 'MISSING_KEY']],
    ["the `required` of a manifest's input", {}, { required: true }, []],
    ['unknown keys', { b: 1 }, { properties: { a: {} }, additionalProperties: false }, ['UNKNOWN_KEY']],
    ['values of any key', { b: 1 }, { additionalProperties: { type: 'string' } }, ['WRONG_TYPE']],
    ['every part of allOf', 5, { allOf: [{ minimum: 6 }, { type: 'string' }] }, ['INVALID_VALUE', 'WRONG_TYPE']],
    ['one of several forms', 'a', { oneOf: [{ type: 'integer' }, { type: 'string' }] }, []],
    [
      'the form that fits best',
      { a: 1 },
      { oneOf: [{ type: 'string' }, { properties: { a: { type: 'string' } } }] },
      ['WRONG_TYPE'],
    ],
    ['a reference', 1, { $ref: '#/definitions/text', definitions: { text: { type: 'string' } } }, ['WRONG_TYPE']],
    ['a reference to elsewhere', 1, { $ref: 'https://example.com/schema' }, []],
    ['an expression, which meets everything', '${{ vars.x }}', { type: 'integer', minimum: 5 }, []],
    ['text around an expression, which is a text', 'a${{ vars.x }}', { type: 'integer' }, ['WRONG_TYPE']],
    [
      "text around an expression, whose form isn't known",
      'a${{ vars.x }}',
      { type: 'string', pattern: '^b', enum: ['b'] },
      [],
    ],
  ])('judges %s', (_what, value, schema, expected) => {
    expect(codesOf(value, schema)).toEqual(expected);
  });

  it('judges like a full JSON Schema validator, on the keywords that it knows', () => {
    const type = constantFrom('string', 'integer', 'number', 'boolean', 'object', 'array', 'null');
    const leaf = record(
      {
        type,
        enum: uniqueArray(constantFrom('a', 1, null, true), { minLength: 1, maxLength: 3 }),
        minimum: integer({ min: -2, max: 2 }),
        maxLength: integer({ min: 0, max: 3 }),
      },
      { requiredKeys: [] },
    );
    const schema = oneof(
      leaf,
      record({ type: constant('array'), items: leaf, minItems: integer({ min: 0, max: 2 }) }),
      record({
        type: constant('object'),
        properties: dictionary(constantFrom('a', 'b'), leaf),
        additionalProperties: boolean(),
      }),
      record({ anyOf: array(leaf, { minLength: 1, maxLength: 3 }) }),
    );
    const ajv = new Ajv({ strict: false });
    assert(
      property(schema, oneof(jsonValue({ maxDepth: 2 }), constantFrom('a', 1, -1, true, null)), (generated, value) => {
        // What JSON gives is JSON; it has no `-0` and no undefined.
        const [json, plain] = JSON.parse(JSON.stringify([value, generated])) as [Json, JsonObject];
        expect(codesOf(json, plain).length === 0).toBe(ajv.validate(plain, json));
      }),
      { numRuns: 500 },
    );
  });
});
