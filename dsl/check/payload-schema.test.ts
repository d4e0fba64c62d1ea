import { describe, expect, it } from 'vitest';
import { compileMarked, step } from '../testing/mistakes.ts';

/** A step that waits for a payload of this schema. */
function waiting(schema: string): string {
  return step(`uses: wait-for@v1\nwith: { signal: paid, schema: ${schema} }`);
}

describe('the schema of a payload', () => {
  it.each([
    ['anything', '{}'],
    [
      'an object',
      '{ type: object, required: [id], properties: { id: { type: string, minLength: 1 } }, additionalProperties: false }',
    ],
    ['other keys of one kind', '{ additionalProperties: { type: [number, "null"] } }'],
    ['a list', '{ type: array, items: { enum: [a, 1, null] }, minItems: 0, maxItems: 3 }'],
    ['bounds', '{ minimum: -1.5, exclusiveMaximum: 10 }'],
    ['one of several', '{ oneOf: [{ const: null }, { type: string, pattern: "^a+$" }], not: { const: x } }'],
    ['notes for people', '{ title: a, description: b, format: date, default: 1, examples: [1, 2] }'],
  ])('can be that of %s', (_what, schema) => {
    expect(compileMarked(waiting(schema)).reported).toEqual([]);
  });

  it.each([
    ['that is none', '▸WRONG_TYPE▸text'],
    [
      'that an expression gives',
      "{ type: '▸INVALID_VALUE▸${{ vars.type }}' }".replace("'▸INVALID_VALUE▸", "▸INVALID_VALUE▸'"),
    ],
    ['with a keyword that nothing checks', '{ ▸UNKNOWN_KEY▸$ref: "#/definitions/a" }'],
    ['with a slip deep inside', '{ properties: { a: { items: { ▸UNKNOWN_KEY▸minimun: 1 } } } }'],
    ['of a type that there is not', '{ type: ▸INVALID_VALUE▸text }'],
    ['of null without quotes', '{ type: [string, ▸INVALID_VALUE▸null] }'],
    ['with a list of schemas for items', '{ items: ▸WRONG_TYPE▸[{}] }'],
    ['with required beside a property', '{ properties: { a: { required: ▸WRONG_TYPE▸true } } }'],
    ['with a pattern that is none', '{ pattern: ▸INVALID_VALUE▸"(" }'],
    ['with a pattern that could take too long', '{ pattern: ▸INVALID_VALUE▸"^(a+)+$" }'],
    ['with a length below none', '{ minLength: ▸INVALID_VALUE▸-1 }'],
    ['with a text for a bound', '{ minimum: ▸WRONG_TYPE▸"1" }'],
    ['with nothing to choose from', '{ enum: ▸EMPTY▸[] }'.replace('EMPTY', 'INVALID_VALUE')],
    ['with a schema that is true', '{ not: ▸WRONG_TYPE▸true }'],
  ])('is not one %s', (_what, schema) => {
    const { marked, reported } = compileMarked(waiting(schema));
    expect(reported).toEqual(marked);
  });

  it('says what was meant by a slip', () => {
    const { diagnostics } = compileMarked(waiting('{ propertis: {} }'));
    expect(diagnostics[0]).toMatchObject({
      remedy: expect.stringContaining('Did you mean `properties`?'),
      fix: { edits: [{ text: 'properties' }] },
    });
  });
});
