import { expect, test } from 'vitest';
import type { Route } from './http/route.ts';
import { startServer } from './testing/start-server.ts';

const echo: Route = {
  method: 'POST',
  path: '/v1/echo/{id}',
  operation: 'echo',
  tag: 'Test',
  summary: 'Says what it was told',
  permission: 'runs:read',
  params: { id: { type: 'string', pattern: '^[a-z]+$' } },
  query: {
    limit: { type: 'integer', minimum: 1, maximum: 9, default: 5 },
    tags: { type: 'array', items: { type: 'string' } },
  },
  body: {
    required: true,
    content: {
      'application/json': {
        as: 'json',
        schema: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' } },
          additionalProperties: false,
        },
      },
    },
  },
  responses: { 200: { description: 'It', content: { 'application/json': { schema: { type: 'object' } } } } },
  handle: ({ params, query, body }) =>
    Promise.resolve({ status: 200, body: { kind: 'json', value: { params, query, body } } }),
};

function post(url: string, body: string, type = 'application/json'): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'Content-Type': type } });
}

test('a handler gets what its schemas allow', async () => {
  await using server = await startServer({ routes: () => [echo] });
  const answer = await post(`${server.url}/v1/echo/it?limit=3&tags=a,b`, '{"name": "x"}');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    params: { id: 'it' },
    query: { limit: 3, tags: ['a', 'b'] },
    body: { name: 'x' },
  });
  const defaults = await post(`${server.url}/v1/echo/it`, '{"name": "x"}');
  expect(await defaults.json()).toMatchObject({ query: { limit: 5 } });
});

test.each([
  ['/v1/echo/it?limit=x', '{"name": "x"}', 400, 'must be of type integer'],
  ['/v1/echo/it?limit=10', '{"name": "x"}', 400, 'must be <= 9'],
  ['/v1/echo/it?limt=1', '{"name": "x"}', 400, 'unknown query parameter `limt`'],
  ['/v1/echo/it?limit=1&limit=2', '{"name": "x"}', 400, 'more than once'],
  ['/v1/echo/it?tags=%ff', '{"name": "x"}', 400, 'not percent-encoded UTF-8'],
  ['/v1/echo/IT', '{"name": "x"}', 404, 'there is no such thing'],
  ['/v1/echo/it', '{"nam": "x"}', 400, '2 problems'],
  ['/v1/echo/it', '{"name": 1}', 400, '`name` must be of type string'],
  ['/v1/echo/it', '{"name": ', 400, 'line 1, column 10'],
  ['/v1/echo', '{"name": "x"}', 404, 'nothing at this path'],
])('POST %s of %s is refused', async (path, body, status, detail) => {
  await using server = await startServer({ routes: () => [echo] });
  const answer = await post(`${server.url}${path}`, body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem: unknown = await answer.json();
  expect(problem).toMatchObject({ status, request_id: answer.headers.get('x-request-id') });
  expect((problem as { detail: string }).detail).toContain(detail);
});
