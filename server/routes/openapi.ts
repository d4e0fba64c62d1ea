import type { ServerConfig } from '../config.ts';
import { openApiDocument } from '../http/openapi.ts';
import type { Route, Schema } from '../http/route.ts';

/** The document of the given routes and of the one that gives it. */
export function openApiRoutes(
  routes: readonly Route[],
  {
    publicUrl,
    components,
  }: Pick<ServerConfig, 'publicUrl'> & { readonly components: Readonly<Record<string, Schema>> },
): readonly Route[] {
  let text: string | undefined;
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    operation: 'getOpenApiDocument',
    tag: 'Server',
    summary: 'This document',
    permission: 'public',
    responses: {
      200: {
        description: 'The API as an OpenAPI 3.1 document.',
        content: { 'application/json': { schema: { type: 'object' } } },
      },
    },
    handle: () => {
      text ??= JSON.stringify(
        openApiDocument([...routes, route], { components, ...(publicUrl === undefined ? {} : { url: publicUrl }) }),
      );
      return Promise.resolve({ status: 200, body: { kind: 'text', text, type: 'application/json' } });
    },
  };
  return [route];
}
