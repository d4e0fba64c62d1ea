import { describe, expect, it } from 'vitest';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { findRun } from './find-run.ts';

function idOf(digits: string): RunId {
  const id = parseRunId(`run-${digits.padEnd(26, '0')}`);
  if (id === undefined) throw new Error('the id of the fixture is none');
  return id;
}

const [old, young, newest] = [idOf('01h1'), idOf('01m86a'), idOf('01m86b')];
const store = { list: () => [old, young, newest] };

function refusalOf(word: string, runs: readonly RunId[] = store.list()) {
  try {
    findRun({ list: () => runs }, word);
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return cause.error;
    throw cause;
  }
  throw new Error('it was found');
}

describe('a run on the command line', () => {
  it.each([
    [old, old],
    [old.slice('run-'.length), old],
    ['run-01h', old],
    ['01m86a', young],
    ['latest', newest],
  ])('is found by %s', (word, run) => {
    expect(findRun(store, word)).toBe(run);
  });

  it('is whoever has that whole id, whether or not it is kept here', () => {
    const other = idOf('7');
    expect(findRun(store, other)).toBe(other);
  });

  it('is not guessed at', () => {
    expect(refusalOf('01m86')).toMatchObject({
      code: 'USAGE',
      message: "2 runs' ids begin with run-01m86",
      remedy: expect.stringContaining(`${young}, ${newest}`),
    });
    expect(refusalOf('01z')).toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(refusalOf('latest', [])).toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it.each(['', 'run-', '../../etc', 'run-01m86*', 'my run', `run-${'0'.repeat(27)}`])(
    'is no path and no pattern: %j',
    (word) => {
      expect(refusalOf(word)).toMatchObject({ code: 'USAGE' });
    },
  );
});
