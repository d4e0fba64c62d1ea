import { startServer } from '../composition/server.ts';
import { readServerSettings, type ServerFlags } from '../composition/server-config.ts';
import { openServerLog } from '../composition/server-log.ts';
import { firstSignal } from '../composition/shutdown.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow server`'s options, as the command line gives them. */
export interface ServerOptions extends ServerFlags {
  readonly json?: boolean;
}

/** Runs a server until a signal ends it in order, or a second one at once; gives the exit code. */
export async function server(terminal: Terminal, options: ServerOptions): Promise<number> {
  const settings = readServerSettings(terminal, options);
  const { state, logLevel } = settings.config;
  const form = options.json === true || !terminal.stderr.interactive ? 'json' : 'lines';
  const log = openServerLog(terminal, { level: logLevel, form });
  const signalled = firstSignal(terminal);
  await using running = await startServer(terminal, settings, log);
  const { url } = running;
  log.info(`listening on ${url}`, { url, state, ...(settings.file === undefined ? {} : { config: settings.file }) });
  const signal = await signalled;
  log.info('shutting down; runs in progress go on when the server is started again', { signal });
  return exitCodes.ok;
}
