import { WaterflowFailure } from '../../schemas/index.ts';

/** A hash may choose the next pattern; nobody writes longer chains than this. */
const maximumRounds = 16;

/**
 * Evaluates what calls `hashFiles`. Evaluation is synchronous and hashing is not: it is repeated until each hash that it asks for
 * is there. Rejects with what hashing rejects with, and with EVALUATION_FAILED for hashes that choose each other without end.
 */
export async function settleHashes<Result>(
  evaluate: (hashFiles: (patterns: readonly string[]) => string) => Result,
  hashFiles: (patterns: readonly string[]) => Promise<string>,
): Promise<Result> {
  const hashes = new Map<string, string>();
  for (let round = 0; round < maximumRounds; round += 1) {
    const asked: (readonly string[])[] = [];
    const result = evaluate((patterns) => {
      const hash = hashes.get(JSON.stringify(patterns));
      if (hash === undefined) asked.push(patterns);
      return hash ?? '';
    });
    if (asked.length === 0) return result;
    for (const patterns of asked) hashes.set(JSON.stringify(patterns), await hashFiles(patterns));
  }
  throw new WaterflowFailure({
    code: 'EVALUATION_FAILED',
    message: `hashFiles depends on its own results more than ${maximumRounds} times`,
    remedy: 'Hash the files in a step before, and read its output.',
  });
}
