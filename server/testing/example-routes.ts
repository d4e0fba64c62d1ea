import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';

/** A route of which only matters what a test says. */
export function exampleRoute(
  changes: Partial<Route> & { readonly handle?: (request: ApiRequest) => Promise<ApiResponse> } = {},
): Route {
  return {
    method: 'GET',
    path: '/v1/thing',
    operation: 'getThing',
    tag: 'Test',
    summary: 'A thing',
    permission: 'runs:read',
    responses: { 200: { description: 'It.', content: { 'application/json': { schema: { type: 'object' } } } } },
    handle: () => Promise.resolve({ status: 200, body: { kind: 'json', value: { thing: true } } }),
    ...changes,
  };
}

/** A route that answers with the size of the body it got, or with the body where it is JSON. */
export function bodyRoute(body: Partial<NonNullable<Route['body']>> = {}): Route {
  return exampleRoute({
    method: 'POST',
    path: '/v1/bodies',
    operation: 'postBody',
    body: {
      required: true,
      content: {
        'application/json': { schema: {}, as: 'json' },
        'text/plain': { schema: { type: 'string' }, as: 'text' },
        'application/octet-stream': { schema: { type: 'string' }, as: 'bytes' },
        'application/x-stream': { schema: { type: 'string' }, as: 'stream' },
      },
      ...body,
    },
    handle: async (request) => ({
      status: 200,
      body: { kind: 'json', value: { type: request.mediaType ?? null, body: await shown(request) } },
    }),
  });
}

async function shown({ mediaType, body }: ApiRequest): Promise<unknown> {
  if (mediaType === undefined) return null;
  if (mediaType === 'application/octet-stream') return (body as Uint8Array).length;
  if (mediaType !== 'application/x-stream') return body;
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) size += chunk.length;
  return size;
}
