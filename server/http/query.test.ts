import { describe, expect, test } from 'vitest';
import { exampleRoute } from '../testing/example-routes.ts';
import { startServer } from '../testing/start-server.ts';
import { HttpProblem } from './problem.ts';
import { createQueryReader, type QueryReader } from './query.ts';
import type { Schema } from './route.ts';
import { createSchemaChecks } from './schema-check.ts';

const components: Readonly<Record<string, Schema>> = { Count: { type: 'integer', minimum: 0 } };

function reader(query: Readonly<Record<string, Schema>>): QueryReader {
  return createQueryReader({ query }, createSchemaChecks(components), components);
}

describe('a text becomes what its schema asks for', () => {
  const read = reader({
    count: { $ref: '#/components/schemas/Count' },
    ratio: { type: 'number' },
    on: { type: 'boolean' },
    text: { type: 'string' },
    either: { anyOf: [{ type: 'integer' }, { enum: ['all'] }] },
    counts: { type: 'array', items: { $ref: '#/components/schemas/Count' } },
    page: { type: 'integer', default: 1 },
  });

  test.each([
    ['', {}],
    ['count=3', { count: 3 }],
    ['ratio=-1.5e3', { ratio: -1500 }],
    ['on=true', { on: true }],
    ['on=false', { on: false }],
    ['text=3', { text: '3' }],
    ['text=', { text: '' }],
    ['text', { text: '' }],
    ['text=a+b%20c%2Bd', { text: 'a b c+d' }],
    ['text=a=b&&', { text: 'a=b' }],
    ['either=7', { either: 7 }],
    ['either=all', { either: 'all' }],
    ['counts=1,2', { counts: [1, 2] }],
    ['counts=1%2C2', { counts: [1, 2] }],
    ['counts=1&counts=2,3', { counts: [1, 2, 3] }],
    ['counts=', { counts: [] }],
    ['page=2', { page: 2 }],
  ])('%j', (query, expected) => {
    expect(read(query)).toEqual({ page: 1, ...expected });
  });
});

describe('what does not fit is refused, with all of it', () => {
  const read = reader({
    count: { type: 'integer' },
    on: { type: 'boolean' },
    names: { type: 'array', items: { type: 'string', minLength: 2 } },
  });

  function errorsOf(query: string): readonly string[] {
    try {
      read(query);
    } catch (thrown) {
      if (thrown instanceof HttpProblem) {
        return (thrown.extras.errors ?? []).map(({ code, message, remedy }) => `${code}: ${message} ${remedy}`);
      }
      throw thrown;
    }
    return [];
  }

  test.each([
    ['count=1.5', ['WRONG_TYPE: `count` must be of type integer Send a whole number.']],
    ['count=01', ['WRONG_TYPE: `count` must be of type integer Send a whole number.']],
    ['count=1e999', ['WRONG_TYPE: `count` must be of type integer Send a whole number.']],
    ['count=', ['WRONG_TYPE: `count` must be of type integer Send a whole number.']],
    ['on=yes', ['WRONG_TYPE: `on` must be of type boolean Send true or false.']],
    ['names=a,bc', ['INVALID_VALUE: `names.0` must NOT have fewer than 2 characters Send at least 2.']],
    [
      'count=x&on=1',
      [
        'WRONG_TYPE: `count` must be of type integer Send a whole number.',
        'WRONG_TYPE: `on` must be of type boolean Send true or false.',
      ],
    ],
    ['coutn=1', ['UNKNOWN_KEY: unknown query parameter `coutn` Did you mean `count`?']],
    ['zzz=1', ['UNKNOWN_KEY: unknown query parameter `zzz` Known here: count, on, names.']],
    ['__proto__=1', ['UNKNOWN_KEY: unknown query parameter `__proto__` Known here: count, on, names.']],
    ['constructor=1', ['UNKNOWN_KEY: unknown query parameter `constructor` Known here: count, on, names.']],
  ])('%s', (query, expected) => {
    expect(errorsOf(query)).toEqual(expected);
  });

  test('a route without parameters takes none', () => {
    expect(() => createQueryReader({}, createSchemaChecks({}), {})('a=1')).toThrow('unknown query parameter `a`');
  });
});

test('headers that a route reads are checked, and others are not', async () => {
  const route = exampleRoute({
    headers: { 'Idempotency-Key': { type: 'string', pattern: '^[a-z]{1,4}$' } },
    handle: ({ headers }) =>
      Promise.resolve({ status: 200, body: { kind: 'json', value: { key: headers['idempotency-key'] ?? null } } }),
  });
  await using server = await startServer({ routes: () => [route] });
  const ask = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    (await fetch(`${server.url}/v1/thing`, { headers })).json();
  expect(await ask({})).toEqual({ key: null });
  expect(await ask({ 'idempotency-key': 'abc', 'X-Anything': '!' })).toEqual({ key: 'abc' });
  expect(await ask({ 'Idempotency-Key': 'too-long' })).toMatchObject({
    status: 400,
    detail: expect.stringContaining('`idempotency-key` must match pattern') as string,
  });
});
