import { isJsonObject } from '../../../schemas/index.ts';
import { jobsMeant, type LogsOptions } from '../../commands/logs.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { followRun, interruptSignal } from '../follow-run.ts';
import { apiPath, type Client } from '../http.ts';
import { createJsonLines, createPlainLines } from '../log-lines.ts';
import { followStream } from '../reconnect.ts';
import { findRemoteRun } from '../run-word.ts';

/** Prints what the steps of a run of a server wrote, and goes on with --follow until it ends; gives the exit code. */
export async function logsRemote(
  terminal: Terminal,
  client: Client,
  { run: word, options }: { readonly run: string; readonly options: LogsOptions },
): Promise<number> {
  const { stdout, stderr } = terminal;
  const { job, step, tail, since, json } = options;
  const run = await findRemoteRun(client, word);
  if (job !== undefined) await refuseUnknownJob(client, { run, job });
  const write = json === true ? createJsonLines(stdout, run) : createPlainLines(stdout);
  using interrupted = interruptSignal(terminal);
  const query = { job, step, tail, since };
  if (options.follow === true) {
    const end = await followRun(terminal, client, { run, query, write, signal: interrupted.signal });
    if (end.kind === 'interrupted') return exitCodes.interrupted;
    stderr.write(`${run} has ended: ${end.status}\n`);
    return exitCodes.ok;
  }
  const end = await followStream(terminal, client, {
    request: { path: apiPath`v1/workflows/${run}/logs`, query: { ...query, follow: false } },
    each: async (line) => {
      write(line);
      await stdout.ready();
    },
    signal: interrupted.signal,
  });
  return end.kind === 'interrupted' ? exitCodes.interrupted : exitCodes.ok;
}

/** A job that the run hasn't would silently have no log. One that hasn't begun shows no jobs yet. */
async function refuseUnknownJob(
  client: Client,
  { run, job }: { readonly run: string; readonly job: string },
): Promise<void> {
  const { jobs } = await client.ask({ path: apiPath`v1/workflows/${run}` });
  const keys = Object.keys(isJsonObject(jobs) ? jobs : {});
  if (keys.length > 0) jobsMeant(keys, job);
}
