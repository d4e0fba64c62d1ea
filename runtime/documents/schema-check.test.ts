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

  it('comes to an end where everything is wrong', () => {
    const list = Array.from({ length: 50_000 }, () => 1);
    expect(checkSchema(schema, { list }).length).toBeLessThanOrEqual(200);
    expect(firstMisfit(schema, { list })).toMatchObject({ path: ['list', '0'] });
  });
});
