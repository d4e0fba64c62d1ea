import type { JsonObject } from '../../../schemas/index.ts';
import { exitCodes } from '../../exit-codes.ts';
import { answerCommand } from '../../report/answers.ts';
import { renderDetails } from '../../report/run-info.ts';
import { createStyle } from '../../report/style.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client } from '../http.ts';
import { printJson } from '../output.ts';
import { runDetailsOf } from '../run-view.ts';
import { findRemoteRun, remoteWords } from '../run-word.ts';

/** Shows what a run of a server is at, what it waits for and the commands that answer it; gives the exit code. */
export async function getRemote(
  terminal: Terminal,
  client: Client,
  { run: word, json }: { readonly run: string; readonly json: boolean },
): Promise<number> {
  const id = await findRemoteRun(client, word);
  const run = await client.ask({ path: apiPath`v1/workflows/${id}` });
  if (json) {
    const words = remoteWords(client, id);
    const awaits = runDetailsOf(run).awaits.map((one) => ({
      ...one,
      command: answerCommand(one, words),
    }));
    printJson(terminal, { ...run, awaits });
  } else printRun(terminal, client, run);
  return exitCodes.ok;
}

/** A run as people see it. */
export function printRun(terminal: Terminal, client: Client, run: JsonObject): void {
  const details = runDetailsOf(run);
  const style = createStyle(terminal.stdout);
  const words = remoteWords(client, details.run);
  terminal.stdout.write(`${renderDetails(details, { words, now: terminal.now(), style }).join('\n')}\n`);
}
