import { usageError } from '../command.ts';
import { readServerSettings, type ServerFlags } from '../composition/server-config.ts';
import { openServerLog } from '../composition/server-log.ts';
import { firstSignal } from '../composition/shutdown.ts';
import { startEngine } from '../composition/temporal-engine.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow engine`'s options, as the command line gives them. */
export interface EngineCommandOptions extends Pick<ServerFlags, 'config' | 'state'> {
  readonly json?: boolean;
}

/** Runs the worker of the engine on Temporal until a signal ends it in order, or a second one at once; gives the exit code. */
export async function engine(terminal: Terminal, options: EngineCommandOptions): Promise<number> {
  const { temporal, config, file } = readServerSettings(terminal, options);
  if (temporal === undefined) {
    throw usageError(
      'nothing says where Temporal is',
      'Set TEMPORAL_HOST, or `temporal: { host: … }` in server.yaml; without Temporal `waterflow server` has its engine in itself.',
    );
  }
  const form = options.json === true || !terminal.stderr.interactive ? 'json' : 'lines';
  const log = openServerLog(terminal, { level: config.logLevel, form });
  const signalled = firstSignal(terminal);
  await using running = await startEngine(terminal, { temporal, config, log });
  const { host, namespace } = temporal;
  const begun = running.begun.then(() => true);
  if (await Promise.race([begun, signalled.then(() => false)]))
    log.info('the engine carries out runs', { host, namespace, ...(file === undefined ? {} : { config: file }) });
  const signal = await signalled;
  log.info('shutting down; runs go on with another engine, or when one is started again', { signal });
  return exitCodes.ok;
}
