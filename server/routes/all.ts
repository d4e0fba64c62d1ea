import { components } from '../http/components.ts';
import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { healthRoutes } from './health.ts';
import { openApiRoutes } from './openapi.ts';

/** Every operation of the API. Each subject's routes are a file beside this one and a line here. */
export function apiRoutes(parts: ServerParts): readonly Route[] {
  const routes = [...healthRoutes(parts)];
  return [...routes, ...openApiRoutes(routes, { ...parts.config, components })];
}
