import { readServerSettings, type ServerFlags } from '../composition/server-config.ts';
import type { EffectiveSetting } from '../composition/setting-reader.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow config show`'s options, as the command line gives them. */
export interface ConfigShowOptions extends ServerFlags {
  readonly json?: boolean;
}

/** Shows the configuration with which `waterflow server` would start, and where each value comes from; gives the exit code. */
export function showConfig(terminal: Terminal, options: ConfigShowOptions): number {
  const settings = readServerSettings(terminal, options);
  return printSettings(terminal, settings, { json: options.json === true, usual: '/etc/waterflow/server.yaml' });
}

/** Prints settings, and where each value comes from; gives the exit code. `usual`: the file that is read where there is one. */
export function printSettings(
  { stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>,
  { effective, file }: { readonly effective: readonly EffectiveSetting[]; readonly file?: string },
  { json, usual }: { readonly json: boolean; readonly usual: string },
): number {
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
