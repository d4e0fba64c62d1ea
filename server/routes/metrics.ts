import type { Route } from '../http/route.ts';
import { metricsType } from '../metrics/prometheus.ts';
import type { ServerParts } from '../parts.ts';

/** What Prometheus fetches. It counts for all tenants. */
export function metricsRoutes({ metrics }: Pick<ServerParts, 'metrics'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      operation: 'getMetrics',
      tag: 'Server',
      summary: 'What the server counts, as Prometheus reads it',
      permission: 'metrics:read',
      responses: {
        200: {
          description: 'The text format of Prometheus, version 0.0.4.',
          content: { 'text/plain': { schema: { type: 'string' } } },
        },
      },
      handle: async () => ({ status: 200, body: { kind: 'text', text: await metrics.text(), type: metricsType } }),
    },
  ];
}
