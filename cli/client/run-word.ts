import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import type { RunWords } from '../report/answers.ts';
import type { Client } from './http.ts';
import { listIn } from './output.ts';
import { allOf } from './pages.ts';

/** Runs that are looked through for the beginning of an id, the newest first. */
const mostLookedAt = 1000;
/** Ids are listed in a message up to this many. */
const mostListed = 5;

/**
 * The run of a server that a word of the command line means: an id, the beginning of exactly one of its newest runs, with or without
 * `run-`, or `latest`. USAGE or RUN_NOT_FOUND; whether there is a run with a whole id the server says.
 */
export async function findRemoteRun(client: Client, word: string): Promise<RunId> {
  if (word === 'latest') return await newest(client);
  const text = word.startsWith('run-') ? word : `run-${word}`;
  const id = parseRunId(text);
  if (id !== undefined) return id;
  if (!/^run-[0-9a-z]{1,25}$/u.test(text)) {
    throw usageError(
      `${JSON.stringify(word)} is not a run's id`,
      'Ids look like run-01h…; `waterflow list` shows them, and `latest` means the newest run.',
    );
  }
  const found = await beginningWith(client, text);
  const [only, ...others] = found;
  if (only === undefined) {
    throw notFound(`no id of the newest ${mostLookedAt} runs begins with ${text}`, '`waterflow list` shows the runs.');
  }
  if (others.length === 0) return only;
  throw usageError(
    `${found.length} runs' ids begin with ${text}`,
    `Write more of it. The newest of them: ${found.slice(0, mostListed).join(', ')}.`,
  );
}

/** How commands about a run of a server are shown, to be copied. */
export function remoteWords({ target }: Client, run: string): RunWords {
  return { run, state: undefined, server: target.words };
}

async function newest(client: Client): Promise<RunId> {
  const [first] = listIn(await client.ask({ path: 'v1/workflows', query: { limit: 1 } }), 'workflows');
  const id = idOf(first?.['id']);
  if (id === undefined) throw notFound('the server has no run', 'Start one with `waterflow submit FILE`.');
  return id;
}

async function beginningWith(client: Client, text: string): Promise<readonly RunId[]> {
  const found: RunId[] = [];
  let looked = 0;
  for await (const run of allOf(client, { path: 'v1/workflows', query: { limit: 200 }, list: 'workflows' })) {
    const id = idOf(run['id']);
    if (id?.startsWith(text) === true) found.push(id);
    looked += 1;
    if (looked >= mostLookedAt) break;
  }
  return found;
}

function idOf(value: unknown): RunId | undefined {
  return typeof value === 'string' ? parseRunId(value) : undefined;
}

function notFound(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'RUN_NOT_FOUND', message, remedy });
}
