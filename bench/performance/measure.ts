import type { Bench } from '../figure.ts';
import type { Contestant, Opened } from './contestants/contestant.ts';
import type { Absent, Measured, Present } from './record.ts';
import type { Scenario } from './scenarios.ts';

/** What was measured, of whom, and who couldn't take part. */
export interface Found {
  readonly contestants: readonly Present[];
  readonly absent: readonly Absent[];
  readonly measured: readonly Measured[];
}

/** Opens everybody, and has everybody do each scenario in turn, round by round. Whoever can't, is absent with the reason, from then on. */
export async function measureAll(
  contestants: readonly Contestant[],
  options: { readonly scenarios: readonly Scenario[]; readonly bench: Bench },
): Promise<Found> {
  const { scenarios, bench } = options;
  await using opened = new AsyncDisposableStack();
  const absent: Absent[] = [];
  const present: { readonly contestant: Contestant; readonly opened: Opened }[] = [];
  for (const contestant of contestants) {
    try {
      present.push({ contestant, opened: opened.use(await contestant.open(bench)) });
      bench.progress(`${contestant.name} is ready`);
    } catch (cause) {
      absent.push({ contestant: contestant.name, reason: reasonOf(cause) });
      bench.progress(`${contestant.name} is absent: ${reasonOf(cause)}`);
    }
  }
  const measured: Measured[] = [];
  for (const scenario of scenarios) {
    const found = await measureScenario(scenario, present, bench);
    measured.push(...found.measured);
    absent.push(...found.absent);
  }
  const contestantsThere = present.map(({ contestant: { name }, opened: { version } }) => ({ name, version }));
  return { contestants: contestantsThere, absent, measured };
}

async function measureScenario(
  scenario: Scenario,
  present: readonly { readonly contestant: Contestant; readonly opened: Opened }[],
  bench: Bench,
): Promise<Pick<Found, 'measured' | 'absent'>> {
  const { name, rounds, warmUps } = scenario;
  const absent: Absent[] = [];
  const taken = new Map<string, { readonly sample: () => Promise<number>; readonly samples: number[] }>();
  for (const { contestant, opened } of present) {
    const does = opened.does[name];
    if (does === undefined) continue;
    if (typeof does === 'function') taken.set(contestant.name, { sample: does, samples: [] });
    else absent.push({ contestant: contestant.name, scenario: name, reason: does.absent });
  }
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [contestant, { sample, samples }] of taken) {
      try {
        // Once more: a port that was free may be taken by the time that a server asks for it.
        const value = await sample().catch(sample);
        if (round >= 0) samples.push(fourDigits(value));
      } catch (cause) {
        taken.delete(contestant);
        absent.push({ contestant, scenario: name, reason: reasonOf(cause) });
        bench.progress(`${name}: ${contestant} failed: ${reasonOf(cause)}`);
      }
    }
  }
  for (const [contestant, { samples }] of taken) bench.progress(`${name}: ${contestant}: ${samples.join(', ')}`);
  const measured = [...taken].map(([contestant, { samples }]) => ({ scenario: name, contestant, samples }));
  return { measured, absent };
}

/** What a record needs of a number, so that it stays small: four digits that count. */
function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}

/** The first line of what was said, of a length for a table. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
