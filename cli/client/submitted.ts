import { exitCodes } from '../exit-codes.ts';
import { runCommand } from '../report/answers.ts';
import type { Terminal } from '../terminal.ts';
import { printRun } from './commands/get.ts';
import { followRun, interruptSignal } from './follow-run.ts';
import { apiPath, type Client } from './http.ts';
import { createJsonLines, createPlainLines } from './log-lines.ts';
import { hint, printJson } from './output.ts';
import { reportProgress } from './progress.ts';
import { remoteWords } from './run-word.ts';

/** A run that a server has begun, or is about to. */
export interface SubmittedRun {
  readonly run: string;
  readonly follow: boolean;
  readonly json: boolean;
}

/**
 * Says which run it is, and how to go on; or follows it to its end: 0 where it succeeded, 1 where it didn't, 130 where Ctrl-C ended the
 * following, which leaves the run alone.
 */
export async function showSubmitted(terminal: Terminal, client: Client, submitted: SubmittedRun): Promise<number> {
  const { run, follow, json } = submitted;
  const words = remoteWords(client, run);
  if (!follow) {
    if (!json) terminal.stdout.write(`${run}\n`);
    hint(terminal, `follow it: ${runCommand(['logs', '-f'], words)}`);
    return exitCodes.ok;
  }
  using interrupted = interruptSignal(terminal);
  const end = await followToEnd(terminal, client, { run, json, signal: interrupted.signal });
  if (end === 'interrupted') {
    terminal.stderr.write(
      `${run} goes on; follow it: ${runCommand(['logs', '-f'], words)}; cancel it: ${runCommand(['cancel'], words)}\n`,
    );
    return exitCodes.interrupted;
  }
  const ended = await client.ask({ path: apiPath`v1/workflows/${run}` });
  if (json) printJson(terminal, { type: 'run', ...ended });
  else {
    terminal.stdout.write('\n');
    printRun(terminal, client, ended);
  }
  return end === 'success' ? exitCodes.ok : exitCodes.failed;
}

/** Shows what a run logs and what becomes of its jobs; gives how it ended, or `interrupted` where `signal` aborted. */
export async function followToEnd(
  terminal: Terminal,
  client: Client,
  { run, json, signal }: Pick<SubmittedRun, 'run' | 'json'> & { readonly signal: AbortSignal },
): Promise<string> {
  const { stdout, stderr } = terminal;
  if (!json) stderr.write(`${run}\n`);
  const write = json ? createJsonLines(stdout, run) : createPlainLines(stdout);
  await using _progress = json ? undefined : reportProgress(terminal, client, run);
  const end = await followRun(terminal, client, { run, write, signal });
  return end.kind === 'ended' ? end.status : 'interrupted';
}
