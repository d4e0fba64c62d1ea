import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { payloadProblem } from './payload.ts';

/** A schema, values that fit, and values that don't with where and why. */
type Row = readonly [schema: JsonObject, fit: readonly Json[], unfit: readonly (readonly [Json, string])[]];

const rows: readonly Row[] = [
  [{ type: 'string' }, [''], [[1, 'payload must be of type string']]],
  [{ type: ['integer', 'null'] }, [1, 1.0, null], [[1.5, 'payload must be of type integer or null']]],
  [{ type: 'number' }, [1.5], [['1', 'payload must be of type number']]],
  [{ type: 'boolean' }, [false], [[0, 'payload must be of type boolean']]],
  [{ type: 'object' }, [{}], [[[], 'payload must be of type object']]],
  [{ type: 'array' }, [[]], [[{}, 'payload must be of type array']]],
  [{ enum: ['a', { b: [1] }] }, ['a', { b: [1] }], [[{ b: [2] }, 'payload must be one of "a", {"b":[1]}']]],
  [{ const: { a: 1, b: 2 } }, [{ b: 2, a: 1 }], [[{ a: 1 }, 'payload must be {"a":1,"b":2}']]],
  [
    { minimum: 1, maximum: 2 },
    [1, 2, 'x'],
    [
      [0.9, 'payload must be at least 1'],
      [3, 'payload must be at most 2'],
    ],
  ],
  [
    { exclusiveMinimum: 1, exclusiveMaximum: 2 },
    [1.5],
    [
      [1, 'payload must be more than 1'],
      [2, 'payload must be less than 2'],
    ],
  ],
  [
    { minLength: 1, maxLength: 2 },
    ['😀😀', 5],
    [
      ['', 'payload must have at least 1 characters, and has 0'],
      ['abc', 'payload must have at most 2 characters, and has 3'],
    ],
  ],
  [{ pattern: '^a+$' }, ['aa', 1], [['b', 'payload must match ^a+$']]],
  [
    { items: { type: 'integer' }, minItems: 1, maxItems: 2 },
    [[1]],
    [
      [[1, 'x'], 'payload[1] must be of type integer'],
      [[], 'payload must have at least 1 items, and has 0'],
    ],
  ],
  [
    { properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false },
    [{ a: 1 }],
    [
      [{ a: 'x' }, 'payload.a must be of type integer'],
      [{}, 'payload lacks "a"'],
      [{ a: 1, b: 2 }, 'payload may not have "b"'],
    ],
  ],
  [{ additionalProperties: { type: 'string' } }, [{ x: '' }], [[{ x: 1 }, 'payload.x must be of type string']]],
  [{ minProperties: 1, maxProperties: 1 }, [{ a: 1 }], [[{}, 'payload must have at least 1 properties, and has 0']]],
  [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1], [[3, 'payload must be at most 2']]],
  [{ anyOf: [{ type: 'string' }, { minimum: 1 }] }, ['x', 1], [[0, 'payload fits none of the schemas of anyOf']]],
  [
    { oneOf: [{ type: 'integer' }, { minimum: 1 }] },
    [0, 1.5],
    [[1, 'payload fits 2 of the schemas of oneOf, and must fit one']],
  ],
  [{ not: { type: 'string' } }, [1], [['x', 'payload fits what it must not fit']]],
  [{ title: 'x', format: 'email', default: 1 }, ['no mail'], []],
];

describe('a payload', () => {
  it.each(rows)('is checked by %j', (schema, fit, unfit) => {
    for (const value of fit) expect(payloadProblem(schema, value)).toBeUndefined();
    for (const [value, problem] of unfit) {
      const found = payloadProblem(schema, value);
      expect(`${found?.path} ${found?.reason}`).toBe(problem);
    }
  });

  it('does not pass a keyword that is not known', () => {
    expect(payloadProblem({ uniqueItems: true }, [])?.reason).toContain('uniqueItems');
  });

  it('takes what objects have from their prototype for nothing', () => {
    expect(payloadProblem({ required: ['toString'] }, {})?.reason).toBe('lacks "toString"');
    expect(payloadProblem({ properties: { constructor: { type: 'string' } } }, {})).toBeUndefined();
    expect(payloadProblem(JSON.parse('{"__proto__": {"type": "string"}}'), 1)?.reason).toContain('__proto__');
  });

  it('is refused where its pattern would take too long', () => {
    expect(payloadProblem({ pattern: '(a+)+$' }, `${'a'.repeat(50)}b`)?.reason).toContain('too long for the pattern');
  });

  it('fits const and enum of itself, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (drawn) => {
        // It is JSON.
        const value = JSON.parse(JSON.stringify(drawn)) as Json;
        expect(payloadProblem({ const: value, enum: [value], not: { const: [value] } }, value)).toBeUndefined();
      }),
    );
  });
});
