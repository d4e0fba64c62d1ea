import { buildRoutes } from './build.ts';
import { containerRoutes } from './containers.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { programRoutes } from './programs.ts';
import { denied } from './refusal.ts';
import type { Route } from './route.ts';
import { systemRoutes } from './system.ts';
import type { Target } from './target.ts';
import { viewRoutes } from './views.ts';
import { volumeRoutes } from './volumes.ts';

/** All that can be asked for on an exec's docker socket. */
const routes: readonly Route[] = [
  ...systemRoutes,
  ...viewRoutes,
  ...containerRoutes,
  ...programRoutes,
  ...imageRoutes,
  ...buildRoutes,
  ...networkRoutes,
  ...volumeRoutes,
];

/** A route of one kind, and what it takes of the request's address. */
export interface Found<Kind extends Route['kind']> {
  readonly route: Extract<Route, { readonly kind: Kind }>;
  readonly params: readonly string[];
}

/** Finds the route. Throws Refusal for what isn't there, or has a query that it doesn't know. */
export function findRoute<Kind extends Route['kind']>(kind: Kind, method: string, target: Target): Found<Kind> {
  for (const route of routes) {
    if (!isOfKind(route, kind) || route.method !== method) continue;
    const match = route.path.exec(target.path);
    if (match === null) continue;
    for (const [key, value] of target.query) {
      const form = Object.hasOwn(route.query, key) ? route.query[key] : undefined;
      if (form?.test(value) === true) continue;
      throw denied(
        `\`${method} ${target.path.slice(0, 200)}\` has the parameter \`${key.slice(0, 100)}=${value.slice(0, 100)}\``,
        'Leave it out.',
      );
    }
    return { route, params: match.slice(1) };
  }
  throw denied(
    `\`${method.slice(0, 20)} ${target.path.slice(0, 200)}\`${kind === 'join' ? ' with an upgrade' : ''} is not offered`,
    'It offers containers, images, networks and volumes of this run, and nothing of the machine.',
  );
}

function isOfKind<Kind extends Route['kind']>(
  route: Route,
  kind: Kind,
): route is Extract<Route, { readonly kind: Kind }> {
  return route.kind === kind;
}
