import { components } from '../http/components.ts';
import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { agentRoutes } from './agent.ts';
import { callerRoutes } from './caller.ts';
import { callsRoutes } from './calls.ts';
import { catalogueRoutes } from './catalogue.ts';
import { codecRoutes } from './codec.ts';
import { eventsRoutes } from './events.ts';
import { withExamples } from './examples.ts';
import { explanationRoutes } from './explanation.ts';
import { grantsRoutes } from './grants.ts';
import { healthRoutes } from './health.ts';
import { hostCallsRoutes } from './host-calls.ts';
import { keysRoutes } from './keys.ts';
import { logsRoutes } from './logs.ts';
import { metricsRoutes } from './metrics.ts';
import { openApiRoutes } from './openapi.ts';
import { runsRoutes } from './runs.ts';
import { schedulesRoutes } from './schedules.ts';
import { sourceRoutes } from './sources.ts';
import { validateRoutes } from './validate.ts';
import { webhooksRoutes } from './webhooks.ts';

/** Every operation of the API. Each subject's routes are a file beside this one and a line here. */
export function apiRoutes(parts: ServerParts): readonly Route[] {
  const routes = withExamples([
    ...healthRoutes(parts),
    ...metricsRoutes(parts),
    ...runsRoutes(parts),
    ...explanationRoutes(parts),
    ...sourceRoutes(parts),
    ...validateRoutes(parts),
    ...logsRoutes(parts),
    ...eventsRoutes(parts),
    ...hostCallsRoutes(parts),
    ...grantsRoutes(parts),
    ...agentRoutes(parts),
    ...catalogueRoutes(parts),
    ...schedulesRoutes(parts),
    ...webhooksRoutes(parts),
    ...callerRoutes(),
    ...keysRoutes(parts),
    ...callsRoutes(parts),
    ...codecRoutes(parts),
  ]);
  return [...routes, ...openApiRoutes(routes, { ...parts.config, components })];
}
