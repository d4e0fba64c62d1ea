import { unknownVariables } from '../composition/known-variables.ts';
import { reloadOnHangUp } from '../composition/reload.ts';
import { type RunningServer, startServer } from '../composition/server.ts';
import { readServerSettings, type ServerFlags, type ServerSettings } from '../composition/server-config.ts';
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
  const read = (): ServerSettings => readServerSettings(terminal, options, { files: 'checked' });
  const settings = read();
  const { state, logLevel } = settings.config;
  const form = options.json === true || !terminal.stderr.interactive ? 'json' : 'lines';
  const log = openServerLog(terminal, { level: logLevel, form });
  const signalled = firstSignal(terminal);
  for (const warning of unknownVariables(terminal.env)) log.warn(warning);
  const started = Promise.withResolvers<RunningServer>();
  using _reloading = reloadOnHangUp(terminal, { log, reload: async () => (await started.promise).reload(read()) });
  await using running = await startServer(terminal, settings, log);
  started.resolve(running);
  const { url } = running;
  log.info(`listening on ${url}`, { url, state, ...(settings.file === undefined ? {} : { config: settings.file }) });
  const signal = await signalled;
  log.info('shutting down; runs in progress go on when the server is started again', { signal });
  return exitCodes.ok;
}
