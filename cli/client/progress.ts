import { isJsonObject, type JsonObject } from '../../schemas/index.ts';
import { type Awaited, answerCommand, awaitedText, targetOf } from '../report/answers.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { apiPath, type Client } from './http.ts';
import { textIn } from './output.ts';
import { runInfoOf } from './run-view.ts';
import { remoteWords } from './run-word.ts';

/** A run that goes on is looked at so often. */
const lookAgainMs = 1000;

/** Says on stderr what becomes of a run of a server while its log is followed: jobs that begin and end, and what it waits for. */
export function reportProgress(terminal: Terminal, client: Client, run: string): AsyncDisposable {
  const over = new AbortController();
  const report = createReport(terminal, client, run);
  let looking: Promise<void> = Promise.resolve();
  let busy = false;
  const look = (): void => {
    if (busy) return;
    busy = true;
    looking = client
      .ask({ path: apiPath`v1/workflows/${run}`, signal: over.signal })
      .then(report)
      // Whoever follows the log says that the server is away.
      .catch(() => {})
      .finally(() => {
        busy = false;
      });
  };
  const stop = terminal.every(lookAgainMs, look);
  look();
  return {
    async [Symbol.asyncDispose]() {
      stop();
      over.abort();
      await looking;
    },
  };
}

/** With why it is blocked, or that its agent isn't heard of. */
function statusOf({ status, reason, agent, agent_suspect: isSuspect }: JsonObject): string {
  const text = textIn(status);
  if (reason !== undefined) return `${text}: ${textIn(reason)}`;
  return isSuspect === true ? `${text}; its agent ${textIn(agent)} is not heard of` : text;
}

function createReport(terminal: Terminal, client: Client, run: string): (details: JsonObject) => void {
  const words = remoteWords(client, run);
  const statuses = new Map<string, string>();
  const told = new Set<string>();
  const say = (text: string): void => terminal.stderr.write(`${plainLine(text)}\n`);
  const sayAwaited = (awaited: Awaited): void => {
    const key = `${targetOf(awaited)} ${awaited.name} ${awaitedText(awaited)}`;
    if (told.has(key)) return;
    told.add(key);
    say(`[${targetOf(awaited)}] ${awaitedText(awaited)}`);
    say(`  ${answerCommand(awaited, words)}`);
  };
  return (details) => {
    const { jobs, error } = details;
    for (const [key, job] of Object.entries(isJsonObject(jobs) ? jobs : {})) {
      const status = statusOf(isJsonObject(job) ? job : {});
      if (statuses.get(key) === status) continue;
      statuses.set(key, status);
      if (status !== 'waiting') say(`[${key}] ${status}`);
    }
    for (const awaited of runInfoOf(details).awaits) sayAwaited(awaited);
    const problem = isJsonObject(error) ? `${textIn(error['message'])}; ${textIn(error['remedy'])}` : '';
    if (problem === '' || told.has(problem)) return;
    told.add(problem);
    say(problem);
  };
}
