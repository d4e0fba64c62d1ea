import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { checkSchema, firstMisfit } from './schema-check.ts';

const schema: JsonObject = {
  type: 'object',
  properties: { list: { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'boolean' }] } } },
};

describe('a check against one of our schemas', () => {
  it('finds every problem of a document, one for each place', () => {
    const found = checkSchema(schema, { list: [1, 'fine', 2] });
    expect(found.map(({ path }) => path.join('.'))).toEqual(['list.0', 'list.2']);
    expect(firstMisfit(schema, { list: [1, 'fine', 2] })).toMatchObject({ path: ['list', '0'] });
    expect(firstMisfit(schema, { list: ['fine'] })).toBeUndefined();
  });

  it.each([
    [{ type: 'integer', minimum: 1 }, 0, 'it must be at least 1', 'Write a number that is at least 1.'],
    [{ type: 'integer', maximum: 9 }, 10, 'it must be at most 9', 'Write a number that is at most 9.'],
    [{ type: 'array', minItems: 1 }, [], 'it is empty', 'Write at least one thing there, or leave it out.'],
    [{ type: 'string', minLength: 1 }, '', 'it is empty', 'Write at least one thing there, or leave it out.'],
  ])('says in words what %j refuses of %j', (of, value, message, remedy) => {
    expect(firstMisfit(of, value)).toMatchObject({ message, remedy });
  });

  it('comes to an end where everything is wrong', () => {
    const list = Array.from({ length: 50_000 }, () => 1);
    expect(checkSchema(schema, { list }).length).toBeLessThanOrEqual(200);
    expect(firstMisfit(schema, { list })).toMatchObject({ path: ['list', '0'] });
  });
});
