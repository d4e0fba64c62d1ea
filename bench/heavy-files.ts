import { heavyInputs } from '../fuzz/heavy/inputs.ts';
import { HeavyReader } from '../fuzz/heavy/reader.ts';
import type { Bench, Figure } from './figure.ts';

const rounds = 3;
/** Of what takes less nothing can be said. */
const leastMs = 30;
/** After this a file is taken to have no answer. */
const mostMs = 60_000;

/** Files that were made to take long: what each takes, in CPU time, and how that grows. */
export async function heavyFiles(bench: Bench): Promise<readonly Figure[]> {
  await using reader = new HeavyReader();
  const best = async (name: string, size: number): Promise<number> => {
    const taken: number[] = [];
    while (taken.length < rounds) {
      const answer = await reader.read({ name, size }, mostMs);
      if (answer === undefined) throw new Error(`${name}: no answer for ${size} in ${mostMs} ms`);
      taken.push(answer.ms);
    }
    return Math.min(...taken);
  };
  const all: { readonly name: string; readonly ms: number; readonly growth?: number }[] = [];
  for (const { name, size, make } of heavyInputs) {
    const halfSize = Math.floor(size / 2);
    const [half, full] = [await best(name, halfSize), await best(name, size)];
    // Some files grow faster than what is counted in them.
    const linear = Math.max(2, make(size).length / make(halfSize).length);
    all.push({ name, ms: full, ...(half < leastMs ? {} : { growth: full / half / linear }) });
  }
  const slowest = all.toSorted((one, other) => other.ms - one.ms)[0];
  const steepest = all.toSorted((one, other) => (other.growth ?? 0) - (one.growth ?? 0))[0];
  bench.progress(`${all.length} files`);
  return [
    {
      what: 'a file that was made to take long',
      unit: 'ms',
      samples: all.map(({ ms }) => ms),
      floors: [],
      budgets: [{ statistic: 'max', most: 1000 }],
      note: `the slowest of ${all.length}: ${slowest?.name}`,
    },
    {
      what: 'its growth from half its size, to linear',
      unit: 'x',
      samples: all.flatMap(({ growth }) => growth ?? []),
      floors: [],
      // What grows with the square has 2.
      budgets: [{ statistic: 'max', most: 1.65 }],
      note: `the steepest: ${steepest?.name}`,
    },
  ];
}
