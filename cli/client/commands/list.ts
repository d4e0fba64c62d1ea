import type { ListOptions } from '../../commands/list.ts';
import { exitCodes } from '../../exit-codes.ts';
import { infoRow, runsHeader } from '../../report/run-info.ts';
import { createStyle } from '../../report/style.ts';
import { renderTable } from '../../report/table.ts';
import type { Terminal } from '../../terminal.ts';
import type { Client } from '../http.ts';
import { printJson } from '../output.ts';
import { allOf } from '../pages.ts';
import { runInfoOf } from '../run-view.ts';

/** The largest page that a server gives. */
const mostOnPage = 200;

/** Shows the newest runs of a server, one JSON object a line with --json; gives the exit code. */
export async function listRemote(terminal: Terminal, client: Client, options: ListOptions): Promise<number> {
  const { stdout, stderr } = terminal;
  const { status, limit, label = [], name } = options;
  const shown: ReturnType<typeof infoRow>[] = [];
  let more = false;
  const query = {
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
    ...(label.length === 0 ? {} : { label: label.map((one) => one.replace('=', ':')) }),
    limit: Math.min(limit + 1, mostOnPage),
  };
  for await (const run of allOf(client, { path: 'v1/workflows', query, list: 'workflows' })) {
    more = shown.length === limit;
    if (more) break;
    if (options.json === true) printJson(terminal, run);
    shown.push(infoRow(runInfoOf(run), terminal.now()));
    await stdout.ready();
  }
  if (options.json !== true && shown.length > 0) {
    stdout.write(`${renderTable(runsHeader, shown, createStyle(stdout)).join('\n')}\n`);
  }
  if (shown.length === 0) stderr.write(status === undefined ? 'no runs\n' : `no runs that are ${status}\n`);
  if (more) stderr.write(`there are more: --limit N shows more than ${limit}\n`);
  return exitCodes.ok;
}
