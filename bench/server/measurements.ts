import type { Measurement } from '../figure.ts';
import { serverClients } from './clients/clients.ts';
import { serverFollow } from './follow.ts';
import { serverLogs } from './logs.ts';
import { serverSearch } from './search.ts';
import { serverShow } from './show.ts';
import { serverSoak } from './soak.ts';
import { serverStart } from './start.ts';
import { serverSubmit } from './submit.ts';

/** What is measured of the server, each with a server of its own and its load made by another process. */
export function serverMeasurements(options: {
  /** Default: 100,000. */
  readonly soakRequests?: number;
}): Readonly<Record<string, Measurement>> {
  return {
    'server-start': serverStart,
    'server-submit': serverSubmit,
    'server-show': serverShow,
    'server-follow': serverFollow,
    'server-soak': (bench) => serverSoak(bench, options.soakRequests),
    'server-logs': serverLogs,
    'server-search': serverSearch,
    'server-clients': serverClients,
  };
}
