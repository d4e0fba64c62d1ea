import type { RunInfo, RunStatus } from '../../engine/port.ts';
import { usageError } from '../command.ts';
import { openOperations } from '../composition/engine.ts';
import { exitCodes } from '../exit-codes.ts';
import { infoRow, runsHeader } from '../report/run-info.ts';
import { createStyle } from '../report/style.ts';
import { renderTable } from '../report/table.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow list`'s options, as the command line gives them. */
export interface ListOptions {
  readonly status?: RunStatus;
  readonly limit: number;
  /** Of runs on a server: `key=value`, all of them. */
  readonly label?: readonly string[];
  /** The workflow's name, or a part of the run's. */
  readonly name?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** Shows the newest runs, one JSON object a line with --json; gives the exit code. */
export async function list(terminal: Terminal, options: ListOptions): Promise<number> {
  const { stdout, stderr } = terminal;
  if ((options.label ?? []).length > 0)
    throw usageError('--label is for runs of a server', 'Runs of this machine have none.');
  await using opened = openOperations(terminal, options.state);
  const shown: RunInfo[] = [];
  let more = false;
  for await (const info of opened.engine.list()) {
    if (options.status !== undefined && info.status !== options.status) continue;
    if (options.name !== undefined && !isNamed(info, options.name)) continue;
    more = shown.length === options.limit;
    if (more) break;
    shown.push(info);
    if (options.json === true) stdout.write(`${plainJson(info)}\n`);
    await stdout.ready();
  }
  if (options.json !== true && shown.length > 0) {
    const rows = shown.map((info) => infoRow(info, terminal.now()));
    stdout.write(`${renderTable(runsHeader, rows, createStyle({ colours: stdout.colours })).join('\n')}\n`);
  }
  if (shown.length === 0)
    stderr.write(options.status === undefined ? 'no runs\n' : `no runs that are ${options.status}\n`);
  if (more) stderr.write(`there are more: --limit N shows more than ${options.limit}\n`);
  return exitCodes.ok;
}

function isNamed({ workflow, name }: RunInfo, wanted: string): boolean {
  return workflow === wanted || name.toLowerCase().includes(wanted.toLowerCase());
}
