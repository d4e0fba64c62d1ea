import { randomExpression } from './expressions.ts';
import { generateWorkflow } from './generate.ts';
import { anchorValues, mutateData } from './mutate-data.ts';
import { encode, expressionInsertion, expressionMutation, type TextMutation, textMutations } from './mutate-text.ts';
import { Random } from './random.ts';
import type { Seeds } from './seeds.ts';

/** One case: a workflow file, or a text that a job of another one calls, or an expression by itself. */
export type FuzzInput =
  | { readonly kind: 'file' | 'called'; readonly source: string | Uint8Array }
  | { readonly kind: 'expression'; readonly source: string };

/** Longer ones take their time, and find no more. */
const longest = 60_000;

/** The case of a seed and a number, always the same. */
export function inputOf(seeds: Seeds, seed: number, number: number): FuzzInput {
  const random = Random.ofCase(seed, number);
  if (random.oneIn(10)) return { kind: 'expression', source: randomExpression(random) };
  let text = start(seeds, random);
  const changes = random.oneIn(6) ? 0 : 1 + random.below(random.oneIn(4) ? 12 : 2);
  for (let change = 0; change < changes; change += 1) {
    text = mutated(text, random, start(seeds, random)).slice(0, longest);
  }
  const kind = random.oneIn(10) ? 'called' : 'file';
  return { kind, source: random.oneIn(25) ? encode(text, random) : text };
}

/** The YAML library reads and writes recursively: a text that goes too deep for its own parser stays as it is. */
const mutated: TextMutation = (text, random, other) => {
  try {
    return pickMutation(random)(text, random, other);
  } catch (error) {
    if (error instanceof RangeError) return text;
    throw error;
  }
};

function start(seeds: Seeds, random: Random): string {
  return random.oneIn(2) ? generateWorkflow(random) : (random.choose(seeds.workflows) ?? '');
}

function pickMutation(random: Random): TextMutation {
  switch (random.below(8)) {
    case 0:
      return mutateData;
    case 1:
      return anchorValues;
    case 2:
      return expressionMutation;
    case 3:
      return expressionInsertion;
    default:
      return random.pick(textMutations);
  }
}
