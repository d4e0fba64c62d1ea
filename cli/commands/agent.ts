import { WaterflowFailure } from '../../schemas/index.ts';
import { type AgentFlags, type AgentSettings, readAgentSettings } from '../composition/agent-config.ts';
import { unknownVariables } from '../composition/known-variables.ts';
import { reloadOnHangUp } from '../composition/reload.ts';
import { openServerLog } from '../composition/server-log.ts';
import { firstSignal } from '../composition/shutdown.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { printSettings } from './config-show.ts';

/** `waterflow agent`'s options, as the command line gives them. */
export interface AgentOptions extends AgentFlags {
  readonly json?: boolean;
  readonly showConfig?: boolean;
}

/** Runs an agent until a signal ends it in order, or a second one at once; gives the exit code. */
export async function agent(terminal: Terminal, options: AgentOptions): Promise<number> {
  const read = (): AgentSettings => readAgentSettings(terminal, options, { files: 'checked' });
  const settings = read();
  if (options.showConfig === true) {
    return printSettings(terminal, settings, { json: options.json === true, usual: '/etc/waterflow/agent.yaml' });
  }
  const form = options.json === true || !terminal.stderr.interactive ? 'json' : 'lines';
  return await serve(terminal, settings, { form, read });
}

async function serve(
  terminal: Terminal,
  settings: AgentSettings,
  { form, read }: { readonly form: 'json' | 'lines'; readonly read: () => AgentSettings },
): Promise<number> {
  const { config } = settings;
  const log = openServerLog(terminal, { level: config.logLevel, form });
  for (const warning of unknownVariables(terminal.env)) log.warn(warning);
  const stopping = new AbortController();
  const signalled = firstSignal(terminal);
  void signalled.then(() => stopping.abort());
  // The packages of Temporal take a while, which wrong settings needn't wait for.
  const { startAgentProcess } = await import('../composition/agent-process.ts');
  await using running = await startAgentProcess(terminal, settings, { log, signal: stopping.signal });
  if (running === undefined) return exitCodes.ok;
  using _reloading = reloadOnHangUp(terminal, { log, reload: () => running.reload(read()) });
  const { name, queues, stateDir, temporal, graceMs } = config;
  const about = { agent: name, queues, state: stateDir, host: temporal.host, namespace: temporal.namespace };
  log.info(`agent ${name} takes jobs`, { ...about, ...(settings.file === undefined ? {} : { config: settings.file }) });
  const end = await Promise.race([signalled, running.superseded, running.agent.stopped]);
  if (end === 'superseded') {
    log.error('another agent has come under the same name; this one stops', { agent: name });
    await running.agent.stop('at once');
    throw superseded(name);
  }
  log.info('stopping; no more jobs are taken, and those that go on have their grace', {
    signal: end,
    grace_ms: graceMs,
  });
  await running.agent.stop();
  return exitCodes.ok;
}

function superseded(name: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `another agent took the name ${name}`,
    remedy: 'Give each agent a name of its own: --name NAME, WATERFLOW_AGENT_NAME, or `name` in agent.yaml.',
  });
}
