import { setImmediate as othersHadTheirTurn } from 'node:timers/promises';

/** A walk goes on for this long before it lets others have their turn: a step's deadline must hold whatever another one walks. */
const longestTurnMs = 10;

/**
 * Ends one's turn now and then, for loops over calls of node:fs that block: `for (...) { await turns.next(); ... }`. Undefined,
 * which costs nothing to await, while it isn't time yet.
 */
export function takeTurns(now: () => number = () => performance.now()): { next(): Promise<void> | undefined } {
  let began = now();
  const giveWay = async (): Promise<void> => {
    await othersHadTheirTurn();
    began = now();
  };
  return {
    next() {
      if (now() - began < longestTurnMs) return undefined;
      return giveWay();
    },
  };
}
