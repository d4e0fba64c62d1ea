import type { ServerConfig } from '../config.ts';
import type { ServerParts } from '../parts.ts';

/** Parts over which routes can be made, to describe them. To call anything of them throws. */
export function untouchedParts(config: ServerConfig): ServerParts {
  const absent = (name: string): never => {
    // Only what is reached through it is used, and that throws.
    return placeholder(name) as never;
  };
  return {
    config,
    engine: absent('engine'),
    records: absent('records'),
    submissions: absent('submissions'),
    catalogue: absent('catalogue'),
    hostCalls: absent('hostCalls'),
    auditRecords: absent('auditRecords'),
    shippedLogs: absent('shippedLogs'),
    shippedCalls: absent('shippedCalls'),
    payloads: absent('payloads'),
    blobs: absent('blobs'),
    metrics: absent('metrics'),
    log: absent('log'),
    clock: absent('clock'),
  };
}

function placeholder(name: string): object {
  return new Proxy(() => {}, {
    get: (_, key) => (typeof key === 'symbol' || key === 'then' ? undefined : placeholder(`${name}.${key}`)),
    apply: () => {
      throw new Error(`parts.${name} is not there`);
    },
  });
}
