import { openShippedCalls } from '../../storage/calls/index.ts';
import { callMigrations, callsHistory } from '../../storage/calls/schema.ts';
import { openShippedLogs } from '../../storage/logs/index.ts';
import { logMigrations, logsHistory } from '../../storage/logs/postgresql/schema.ts';
import { openPayloads } from '../../storage/payloads/index.ts';
import { payloadMigrations, payloadsHistory } from '../../storage/payloads/schema.ts';
import { openProjection } from '../../storage/projection/index.ts';
import { projectionHistory, projectionMigrations } from '../../storage/projection/schema.ts';
import { openRecords, type RecordsPlace } from '../../storage/records/index.ts';
import { findPending, type MigrationList, type PendingMigration, recordsList } from '../../storage/records/pending.ts';
import { readServerSettings, type ServerFlags, type ServerSettings } from '../composition/server-config.ts';
import { lockServerState } from '../composition/server-lock.ts';
import { recordsPlace, shippedLogsPlace } from '../composition/server-records.ts';
import { exitCodes } from '../exit-codes.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow migrate`'s options, as the command line gives them. */
export interface MigrateOptions extends ServerFlags {
  readonly check?: boolean;
  readonly json?: boolean;
}

/**
 * Brings a server's records to the form that this version knows, as its start does, or with `check` only says what that would change. Gives the
 * exit code: 1 where something is left to do.
 */
export async function migrate(terminal: Terminal, options: MigrateOptions): Promise<number> {
  const settings = readServerSettings(terminal, options);
  const place = recordsPlace(settings.config);
  if (options.check === true) {
    // Nothing is written, so a server may use them.
    const pending = await findPending(place, listsOf(settings, place));
    print(terminal, options, { type: 'migrations', place, pending });
    return pending.length === 0 ? exitCodes.ok : exitCodes.failed;
  }
  // A server that still runs would go on with the form that it knows.
  using _lock = 'file' in place ? lockServerState(settings.config.state) : undefined;
  const pending = await findPending(place, listsOf(settings, place));
  await apply(settings, place);
  print(terminal, options, { type: 'migrated', place, pending });
  return exitCodes.ok;
}

/** Whatever opens them applies what is missing, one process at a time. */
async function apply({ config, temporal }: ServerSettings, place: RecordsPlace): Promise<void> {
  await using records = await openRecords(place);
  await records.check();
  await using _logs = await openShippedLogs(shippedLogsPlace(config));
  await using _calls = await openShippedCalls(place);
  await using _payloads = await openPayloads(place);
  await using _projection = temporal === undefined ? undefined : await openProjection(place);
}

function listsOf({ temporal }: ServerSettings, place: RecordsPlace): readonly MigrationList[] {
  return [
    recordsList,
    { history: callsHistory, migrations: callMigrations },
    { history: payloadsHistory, migrations: payloadMigrations },
    ...('url' in place ? [{ history: logsHistory, migrations: logMigrations }] : []),
    ...(temporal === undefined ? [] : [{ history: projectionHistory, migrations: projectionMigrations }]),
  ];
}

function print(
  { stdout }: Terminal,
  { json }: MigrateOptions,
  said: {
    readonly type: 'migrations' | 'migrated';
    readonly place: RecordsPlace;
    readonly pending: readonly PendingMigration[];
  },
): void {
  const { type, place, pending } = said;
  const driver = 'file' in place ? 'sqlite' : 'postgresql';
  const where = 'file' in place ? place.file : new URL(place.url).host;
  if (json === true) {
    const named = pending.map(({ history, number, name }) => ({ table: history, number, name }));
    stdout.write(`${plainJson({ type, driver, where, [type === 'migrated' ? 'applied' : 'pending']: named })}\n`);
    return;
  }
  const done = type === 'migrated' ? 'applied' : 'pending';
  for (const { history, number, name } of pending)
    stdout.write(`${plainLine(`${done}: ${history} ${number}, ${name}`)}\n`);
  const isCurrent = type === 'migrated' || pending.length === 0;
  const end = isCurrent
    ? 'have the form of this version'
    : `need ${countText(pending.length, 'migration')}: run waterflow migrate, or start the server`;
  stdout.write(`${plainLine(`the records in ${where} ${end}`)}\n`);
}
