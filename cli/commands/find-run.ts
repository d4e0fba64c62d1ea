import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { Store } from '../../storage/index.ts';
import { usageError } from '../command.ts';

/** Ids are listed in a message up to this many. */
const mostListed = 5;

/**
 * The run that a word of the command line means: an id, the beginning of exactly one, with or without `run-`, or `latest` for the newest
 * run. Throws USAGE or RUN_NOT_FOUND; whether there is a run with a whole id is left to whoever opens it.
 */
export function findRun(store: Pick<Store, 'list'>, word: string): RunId {
  if (word === 'latest') return store.list().at(-1) ?? refuse('no run is kept here', startOne);
  const text = word.startsWith('run-') ? word : `run-${word}`;
  const id = parseRunId(text);
  if (id !== undefined) return id;
  if (!/^run-[0-9a-z]{1,25}$/u.test(text)) {
    throw usageError(
      `${JSON.stringify(word)} is not a run's id`,
      'Ids look like run-01h…; `waterflow list` shows them, and `latest` means the newest run.',
    );
  }
  const [found, ...others] = store.list().filter((run) => run.startsWith(text));
  if (found === undefined) {
    return refuse(
      `no run's id begins with ${text}`,
      '`waterflow list` shows the runs; give `--state` if it is kept elsewhere.',
    );
  }
  if (others.length === 0) return found;
  const shown = [found, ...others].slice(-mostListed).join(', ');
  throw usageError(
    `${others.length + 1} runs' ids begin with ${text}`,
    `Write more of it. The newest of them: ${shown}.`,
  );
}

const startOne = 'Start one with `waterflow run FILE`, or give `--state` if runs are kept elsewhere.';

function refuse(message: string, remedy: string): never {
  throw new WaterflowFailure({ code: 'RUN_NOT_FOUND', message, remedy });
}
