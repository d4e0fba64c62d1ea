import { readAgentSettings } from '../composition/agent-config.ts';
import { unknownVariables } from '../composition/known-variables.ts';
import { readServerSettings, type ServerFlags } from '../composition/server-config.ts';
import type { EffectiveSetting } from '../composition/setting-reader.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow config show`'s options, as the command line gives them. */
export interface ConfigShowOptions extends ServerFlags {
  readonly role?: 'server' | 'agent';
  readonly json?: boolean;
}

/**
 * Shows the configuration with which `waterflow server`, or `waterflow agent`, would start, and where each value comes from; gives the exit
 * code. Throws all that would keep it from starting.
 */
export function showConfig(terminal: Terminal, options: ConfigShowOptions): number {
  const json = options.json === true;
  if (options.role === 'agent') {
    const { config, state, policy } = options;
    if (options.host !== undefined || options.port !== undefined) {
      throw usageError('an agent listens nowhere', 'Leave out --host and --port, or write --role server.');
    }
    const flags = {
      ...(config === undefined ? {} : { config }),
      ...(state === undefined ? {} : { state }),
      ...(policy === undefined ? {} : { policy }),
    };
    const settings = readAgentSettings(terminal, flags, { files: 'checked' });
    return printSettings(terminal, settings, { json, usual: '/etc/waterflow/agent.yaml' });
  }
  const settings = readServerSettings(terminal, options, { files: 'checked' });
  return printSettings(terminal, settings, { json, usual: '/etc/waterflow/server.yaml' });
}

/** Prints settings, and where each value comes from; gives the exit code. `usual`: the file that is read where there is one. */
export function printSettings(
  { stdout, stderr, env }: Pick<Terminal, 'stdout' | 'stderr' | 'env'>,
  { effective, file }: { readonly effective: readonly EffectiveSetting[]; readonly file?: string },
  { json, usual }: { readonly json: boolean; readonly usual: string },
): number {
  for (const warning of unknownVariables(env)) stderr.write(`warning: ${plainLine(warning)}\n`);
  if (json) {
    stdout.write(`${plainJson({ ...(file === undefined ? {} : { file }), settings: effective })}\n`);
    return exitCodes.ok;
  }
  const rows = effective.map(({ key, value, from }) => [key, plainLine(valueText(value)), plainLine(from)]);
  stdout.write(`${renderCells(['setting', 'value', 'from'], rows, createStyle(stdout)).join('\n')}\n`);
  if (file === undefined) stderr.write(`no configuration file is read: there is no ${usual}\n`);
  return exitCodes.ok;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
