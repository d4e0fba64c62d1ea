import { randomUUID } from 'node:crypto';
import { effectText, type OperateOptions, type Verb } from '../../commands/operate.ts';
import { parseSecrets } from '../../commands/pairs.ts';
import { exitCodes } from '../../exit-codes.ts';
import { runCommand } from '../../report/answers.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client } from '../http.ts';
import { printJson } from '../output.ts';
import { findRemoteRun, remoteWords } from '../run-word.ts';

/** Asks a run of a server to end early, to pause or to go on; gives the exit code. */
export async function operateRemote(
  terminal: Terminal,
  client: Client,
  { verb, run: word, options }: { readonly verb: Verb; readonly run: string; readonly options: OperateOptions },
): Promise<number> {
  const { reason } = options;
  const secrets = parseSecrets(options.secret ?? [], terminal.env);
  const run = await findRemoteRun(client, word);
  const body = {
    ...(reason === undefined ? {} : { reason }),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
  };
  const answer = await client.ask({
    method: 'POST',
    path: apiPath`v1/workflows/${run}/${verb}`,
    // What resends the request on the way, as proxies do, has it carried out once.
    headers: { 'idempotency-key': randomUUID() },
    body,
  });
  const takesEffect = answer['takes_effect'] === 'when_resumed' ? 'when resumed' : 'now';
  if (options.json === true)
    printJson(terminal, { type: 'operation', run, operation: verb, takes_effect: takesEffect });
  else {
    const supply = runCommand(['resume', '--secret', 'NAME'], remoteWords(client, run));
    terminal.stdout.write(`${effectText(verb, { run, takesEffect, hint: `it waits for its secrets: ${supply}` })}\n`);
  }
  return exitCodes.ok;
}
