import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import { usageError } from '../../command.ts';
import { type ApproveOptions, chosen, decidedText, decisionOf, withWholeTarget } from '../../commands/approve.ts';
import { readPayload, type SignalOptions } from '../../commands/signal.ts';
import { exitCodes } from '../../exit-codes.ts';
import { targetOf } from '../../report/answers.ts';
import { plainLine } from '../../report/text.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client } from '../http.ts';
import { printJson } from '../output.ts';
import { runInfoOf } from '../run-view.ts';
import { findRemoteRun, remoteWords } from '../run-word.ts';

/** Decides over a step or an environment of a run of a server; gives the exit code. */
export async function approveRemote(
  terminal: Terminal,
  client: Client,
  {
    run: word,
    target,
    options,
  }: { readonly run: string; readonly target: string | undefined; readonly options: ApproveOptions },
): Promise<number> {
  refuseName(options.by);
  const given = decisionOf(options);
  const run = await findRemoteRun(client, word);
  const info = runInfoOf(await client.ask({ path: apiPath`v1/workflows/${run}` }));
  const awaited = chosen(info, target, remoteWords(client, run));
  const decision = withWholeTarget(given, awaited);
  const place = { job: awaited.job, ...(awaited.step === undefined ? {} : { step: awaited.step }) };
  // A Decision is JSON; its interfaces only lack JsonObject's index signature.
  const body = { ...place, ...decision } as unknown as JsonObject;
  // What it asks next, somebody has to see first.
  const sent = awaited.id === undefined ? body : { ...body, awaited: awaited.id };
  const answer = await client.ask({ method: 'POST', path: apiPath`v1/workflows/${run}/approvals`, body: sent });
  if (options.json === true)
    printJson(terminal, { type: 'operation', run, operation: 'approve', ...body, ...effectOf(answer) });
  else terminal.stdout.write(`${plainLine(`${targetOf(awaited)} ${decidedText(decision)}`)}\n`);
  return exitCodes.ok;
}

/** Sends a run of a server a signal that it waits for; gives the exit code. */
export async function signalRemote(
  terminal: Terminal,
  client: Client,
  { run: word, name, options }: { readonly run: string; readonly name: string; readonly options: SignalOptions },
): Promise<number> {
  refuseName(options.by);
  const payload = await readPayload(terminal, options);
  const run = await findRemoteRun(client, word);
  const answer = await client.ask({
    method: 'POST',
    path: apiPath`v1/workflows/${run}/signals`,
    // What resends the request on the way, as proxies do, must not answer what the run waits for next.
    headers: { 'idempotency-key': randomUUID() },
    body: { name, payload },
  });
  if (options.json === true)
    printJson(terminal, { type: 'operation', run, operation: 'signal', name, ...effectOf(answer) });
  else terminal.stdout.write(`${plainLine(`${run} has the signal ${name}`)}\n`);
  return exitCodes.ok;
}

/** A server knows who asks. */
function refuseName(by: string | undefined): void {
  if (by === undefined) return;
  throw usageError('--by is for runs of this machine', 'Leave it out: to a server you are who your key is.');
}

function effectOf(answer: JsonObject): { readonly takes_effect: string } {
  const { takes_effect: effect } = isJsonObject(answer) ? answer : {};
  return { takes_effect: effect === 'when_resumed' ? 'when resumed' : 'now' };
}
