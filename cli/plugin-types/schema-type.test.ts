import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { typeOfSchema } from './schema-type.ts';

describe('the type of a JSON Schema', () => {
  it.each<[JsonObject, string]>([
    [{ type: 'string', pattern: '^v' }, 'string'],
    [{ type: 'integer', minimum: 1 }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['fast', 'safe', 3, null] }, '"fast" | "safe" | 3 | null'],
    [{ type: 'string', enum: ['a', 'a'] }, '"a"'],
    [{ const: { a: [1, true] } }, '{ readonly "a": readonly [1, true] }'],
    [{ type: 'array' }, 'readonly Json[]'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, 'readonly ("a" | "b")[]'],
    [{ type: 'array', items: { type: 'array', items: { type: 'string' } } }, 'readonly (readonly string[])[]'],
    [
      { type: 'array', items: [{ type: 'string' }, { type: 'number' }], minItems: 2, additionalItems: false },
      'readonly [string, number]',
    ],
    [
      { type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'number' } },
      'readonly (string | number)[]',
    ],
    [{ oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, 'string | readonly string[]'],
    [{ type: 'string', anyOf: [{ minLength: 1 }, { pattern: 'a' }] }, 'string'],
    [{ allOf: [{ type: 'string' }, { minLength: 1 }] }, 'string'],
    [{ type: 'object' }, '{ readonly [name: string]: Json }'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, '{ readonly [name: string]: string }'],
    [{ type: 'object', additionalProperties: false }, '{ readonly [name: string]: never }'],
    [{ properties: { a: { type: 'string' } } }, 'Json'],
    [{}, 'Json'],
  ])('of %j is %s', (schema, type) => {
    expect(typeOfSchema(schema, 'given')).toBe(type);
  });

  it('has the fields of an object, those that may be missing apart by the way that values go', () => {
    const schema = {
      type: 'object',
      required: ['host', 'port'],
      properties: {
        host: { type: 'string', description: 'Ends no comment: */.' },
        port: { type: 'integer', default: 22 },
        'time-out': { type: 'object', properties: { ms: { type: 'number' } }, additionalProperties: true },
      },
    };
    expect(typeOfSchema(schema, 'given')).toBe(`{
  /** Ends no comment: *\\/. */
  readonly host: string;
  /** Default: 22. */
  readonly port: number;
  readonly "time-out"?: {
    readonly ms?: number;
    readonly [name: string]: Json | undefined;
  };
}`);
    expect(typeOfSchema(schema, 'returned')).toContain('readonly port?: number;');
    expect(typeOfSchema({ type: 'array' }, 'returned')).toBe('readonly unknown[]');
    expect(typeOfSchema({ type: 'object' }, 'returned')).toBe('object');
  });
});
