import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What is asked for. */
export type ChaosOptions =
  /** Commands that are killed and resumed; see e2e/chaos.test.ts. */
  | { readonly kind: 'commands'; readonly rounds: string; readonly seed: string }
  | {
      readonly kind: 'engine';
      readonly engine: 'embedded' | 'temporal';
      /** How often something is killed in all. */
      readonly points: number;
      readonly seed: number;
      readonly json: boolean;
    };

const mostSeed = 100_000;

/** Reads the command line; a text says what is wrong with it. */
export function readOptions(argv: readonly string[]): ChaosOptions | string {
  try {
    return optionsOf(argv);
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

function optionsOf(argv: readonly string[]): ChaosOptions | string {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      engine: { type: 'string' },
      points: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { engine } = values;
  if (engine === undefined) {
    if (values.points !== undefined || values.seed !== undefined || values.json)
      return '--points, --seed and --json are for an --engine';
    const [rounds = '200', seed = String(randomInt(mostSeed))] = positionals;
    return { kind: 'commands', rounds, seed };
  }
  if (engine !== 'embedded' && engine !== 'temporal') return '--engine is embedded or temporal';
  if (positionals.length > 0) return `with --engine, ${positionals.join(' ')} means nothing: --points and --seed do`;
  const points = wholeNumber(values.points ?? '100');
  if (points === undefined || points < 1) return '--points is a number of kills, from 1';
  const seed = wholeNumber(values.seed ?? String(randomInt(mostSeed)));
  if (seed === undefined) return '--seed is a number that was printed before';
  return { kind: 'engine', engine, points, seed, json: values.json };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/u.test(text) ? Number(text) : undefined;
}
