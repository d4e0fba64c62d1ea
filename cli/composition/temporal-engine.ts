import type { Logger } from 'winston';
import type { ServerConfig } from '../../server/config.ts';
import { openShippedLogs } from '../../storage/logs/index.ts';
import { openPayloads } from '../../storage/payloads/index.ts';
import { openRecords } from '../../storage/records/index.ts';
import type { Terminal } from '../terminal.ts';
import { recordsPlace, shippedLogsPlace } from './server-records.ts';
import type { OpenedTemporal } from './temporal.ts';
import { openTemporal } from './temporal.ts';
import type { ServerTemporalSettings } from './temporal-config.ts';
import { tailsIn } from './temporal-logs.ts';

/** The worker of the engine alone, over the records of servers. To dispose of it is to shut it down in order. */
export async function startEngine(
  terminal: Terminal,
  parts: {
    readonly temporal: ServerTemporalSettings;
    readonly config: ServerConfig;
    readonly log: Logger;
  },
): Promise<Pick<OpenedTemporal, 'begun'> & AsyncDisposable> {
  const { temporal: settings, config, log } = parts;
  await using opening = new AsyncDisposableStack();
  const records = opening.use(await openRecords(recordsPlace(config)));
  const logs = tailsIn(opening.use(await openShippedLogs(shippedLogsPlace(config))));
  const payloads = opening.use(await openPayloads(recordsPlace(config)));
  const opened = opening.use(await openTemporal(terminal, { settings, config, records, logs, payloads, log }));
  const running = opening.move();
  return { begun: opened.begun, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
