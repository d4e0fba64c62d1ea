import { randomUUID } from 'node:crypto';
import { assertNever, type JsonObject, WaterflowFailure } from '../../../schemas/index.ts';
import { usageError } from '../../command.ts';
import { printDiagnostics } from '../../commands/diagnostics.ts';
import { parsePairs, parseSecrets } from '../../commands/pairs.ts';
import { type RerunOptions, whatOf } from '../../commands/rerun.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client } from '../http.ts';
import { printJson } from '../output.ts';
import { findRemoteRun } from '../run-word.ts';
import { showSubmitted } from '../submitted.ts';

/** Runs a run of a server that has ended again, in whole or in part; gives the exit code. */
export async function rerunRemote(
  terminal: Terminal,
  client: Client,
  { run: word, options }: { readonly run: string; readonly options: RerunOptions },
): Promise<number> {
  if (options.policy !== undefined || options.checkpoints !== undefined || options.approve.length > 0) {
    throw usageError(
      '--policy, --approve and --checkpoints are for runs of this machine',
      'Leave them out: on a server they are what its operator chose.',
    );
  }
  const inputs = parsePairs('--input', options.input);
  const secrets = parseSecrets(options.secret, terminal.env);
  const body: JsonObject = {
    ...partOf(whatOf(options)),
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
  };
  const run = await findRemoteRun(client, word);
  const json = options.json === true;
  const answer = await client.send({
    method: 'POST',
    path: apiPath`v1/workflows/${run}/rerun`,
    // What resends the request on the way, as proxies do, has it carried out once.
    headers: { 'idempotency-key': randomUUID() },
    body,
  });
  if (!answer.ok) {
    if (answer.diagnostics.length === 0) throw new WaterflowFailure(answer.error);
    printDiagnostics(terminal, [{ text: '', diagnostics: answer.diagnostics }], { json });
    return exitCodes.usage;
  }
  // As the other operations of a run; what it logs comes after it.
  if (json) printJson(terminal, { type: 'operation', run, operation: 'rerun', takes_effect: 'now' });
  return await showSubmitted(terminal, client, { run, follow: options.follow === true, json });
}

function partOf(what: ReturnType<typeof whatOf>): JsonObject {
  switch (what.kind) {
    case 'all':
    case 'failed':
      return { from: what.kind };
    case 'job':
      return { from: 'job', job: what.job };
    case 'step':
      return { from: 'step', job: what.job, step: what.step };
    case 'iteration':
      return { from: 'iteration', job: what.job, step: what.step, iteration: what.index };
    default:
      return assertNever(what);
  }
}
