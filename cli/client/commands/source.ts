import { isJsonObject } from '../../../schemas/index.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client } from '../http.ts';
import { printJson } from '../output.ts';
import { findRemoteRun } from '../run-word.ts';

/** Prints the workflow of a run as it was sent; gives the exit code. A terminal gets no control characters of it, a file gets its bytes. */
export async function printSource(
  terminal: Terminal,
  client: Client,
  { run: word, json }: { readonly run: string; readonly json: boolean },
): Promise<number> {
  const id = await findRemoteRun(client, word);
  const source = await client.ask({ path: apiPath`v1/workflows/${id}/source` });
  if (json) {
    printJson(terminal, source);
    return exitCodes.ok;
  }
  const { workflow } = isJsonObject(source) ? source : {};
  terminal.stdout.write(typeof workflow === 'string' ? workflow : '');
  return exitCodes.ok;
}
