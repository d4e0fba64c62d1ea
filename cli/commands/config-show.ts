import { readServerSettings, type ServerFlags } from '../composition/server-config.ts';
import { exitCodes } from '../exit-codes.ts';
import { createStyle } from '../report/style.ts';
import { renderCells } from '../report/cells.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow config show`'s options, as the command line gives them. */
export interface ConfigShowOptions extends ServerFlags {
  readonly json?: boolean;
}

/** Shows the configuration with which `waterflow server` would start, and where each value comes from; gives the exit code. */
export function showConfig(terminal: Terminal, options: ConfigShowOptions): number {
  const { effective, file } = readServerSettings(terminal, options);
  const { stdout, stderr } = terminal;
  if (options.json === true) {
    stdout.write(`${plainJson({ ...(file === undefined ? {} : { file }), settings: effective })}\n`);
    return exitCodes.ok;
  }
  const rows = effective.map(({ key, value, from }) => [key, plainLine(valueText(value)), plainLine(from)]);
  stdout.write(`${renderCells(['setting', 'value', 'from'], rows, createStyle(stdout)).join('\n')}\n`);
  if (file === undefined) stderr.write('no configuration file is read: there is no /etc/waterflow/server.yaml\n');
  return exitCodes.ok;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
