import type { Access } from './http/access.ts';
import { createAdmission } from './http/admission.ts';
import { components } from './http/components.ts';
import { createCors } from './http/cors.ts';
import { createExchanges } from './http/exchanges.ts';
import { createKoaApp, type KoaAppParts } from './http/koa-app.ts';
import { type Listener, listen } from './http/listener.ts';
import { type RateLimitSettings, renewableRateLimits } from './http/rate-limits.ts';
import type { Route, Schema } from './http/route.ts';
import { createSchemaChecks } from './http/schema-check.ts';
import { createStandings } from './http/standings.ts';
import { createStreamPlaces } from './http/stream-places.ts';
import type { ShedReason } from './metrics/metrics.ts';
import type { ServerParts } from './parts.ts';

/** A server over given routes. */
export interface App {
  /** Resolves when requests are taken. Rejects where the address is taken, or TLS's files can't be read. */
  listen(): Promise<{ readonly url: string }>;
  /**
   * Takes no more connections, aborts the signals of requests so that streams end, waits for what is in progress as long as
   * `shutdownGraceMs` says, then cuts it off.
   */
  close(): Promise<void>;
  /** Counts requests by other limits from now on, where they are others. */
  limitTo(limits: RateLimitSettings): void;
  /** Takes a certificate that was renewed, for connections that begin after; says whether there was one. Rejects where it can't be used. */
  renewCertificate(): Promise<boolean>;
}

export interface AppOptions extends Access {
  /** Schemas that routes refer to; default: those of the API. */
  readonly components?: Readonly<Record<string, Schema>>;
  /** For tests: every answer is checked against its route, and this is told of one that isn't as declared. It becomes a 500. */
  readonly onDefect?: (defect: string) => void;
}

export function createApp(
  parts: Pick<ServerParts, 'config' | 'metrics' | 'log' | 'clock' | 'spans'>,
  routes: readonly Route[],
  options: AppOptions,
): App {
  const { config, clock } = parts;
  const schemaComponents = options.components ?? components;
  const exchanges = createExchanges(parts, options.record);
  const rates = renewableRateLimits(config.limits, () => clock.now());
  const { admission, streams } = createPlaces(parts);
  const handle = createKoaApp(routes, {
    config,
    access: options,
    rates,
    schemas: createSchemaChecks(schemaComponents),
    components: schemaComponents,
    exchanges,
    setCorsHeaders: createCors(config.corsOrigins),
    standings: createStandings(options),
    admission,
    streams,
    ...(options.onDefect === undefined ? {} : { onDefect: options.onDefect }),
  });
  let listener: Listener | undefined;
  return {
    listen: async () => {
      listener = await listen(parts, handle);
      return { url: listener.url };
    },
    close: async () => {
      const stopped = listener?.stop();
      exchanges.endAll();
      const cancel = clock.after(config.limits.shutdownGraceMs, () => listener?.cut());
      await stopped;
      cancel();
    },
    limitTo: (limits) => rates.limitTo(limits),
    renewCertificate: async () => (await listener?.renewCertificate()) ?? false,
  };
}

/** What bounds the work that is taken on, and is counted for whoever watches the server. */
function createPlaces({
  config,
  clock,
  metrics,
}: Pick<ServerParts, 'config' | 'clock' | 'metrics'>): Pick<KoaAppParts, 'admission' | 'streams'> {
  const shed = (reason: ShedReason): void => metrics.shed({ reason });
  const admission = createAdmission(config.limits, { clock, shed });
  const streams = createStreamPlaces(config.limits.streams, shed);
  metrics.gauge('waterflow_requests_active', 'Requests that are worked on.', () => admission.taken);
  metrics.gauge('waterflow_requests_waiting', 'Requests that wait for their turn.', () => admission.waiting);
  metrics.gauge('waterflow_streams_active', 'Streams that go on.', () => streams.taken);
  return { admission, streams };
}
