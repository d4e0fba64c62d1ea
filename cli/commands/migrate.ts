import { openShippedCalls } from '../../storage/calls/index.ts';
import { openShippedLogs } from '../../storage/logs/index.ts';
import { openPayloads } from '../../storage/payloads/index.ts';
import { openRecords } from '../../storage/records/index.ts';
import { readServerSettings, type ServerFlags } from '../composition/server-config.ts';
import { lockServerState } from '../composition/server-lock.ts';
import { recordsPlace, shippedLogsPlace } from '../composition/server-records.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** Brings a server's records to the form that this version knows, as its start does; gives the exit code. */
export async function migrate(terminal: Terminal, options: ServerFlags & { readonly json?: boolean }): Promise<number> {
  const { config } = readServerSettings(terminal, options);
  const place = recordsPlace(config);
  // A server that still runs would go on with the form that it knows.
  using _lock = 'file' in place ? lockServerState(config.state) : undefined;
  await using records = await openRecords(place);
  await records.check();
  await using _logs = await openShippedLogs(shippedLogsPlace(config));
  await using _calls = await openShippedCalls(place);
  await using _payloads = await openPayloads(place);
  const where = 'file' in place ? place.file : new URL(place.url).host;
  const said = { type: 'migrated', driver: records.driver, where };
  terminal.stdout.write(
    options.json === true ? `${plainJson(said)}\n` : `the records in ${where} have the form of this version\n`,
  );
  return exitCodes.ok;
}
