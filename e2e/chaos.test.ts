import { describe, expect, it } from 'vitest';
import { type Ended, noticesOf, type RunningCommand, waterflow } from './command.ts';
import { scenarios } from './crash-scenarios.ts';
import { crashingRun, finishedSteps, resultOf, wholeLines } from './crashing-run.ts';
import { descendantsOf, type Process, stillRunning } from './processes.ts';
import { expectSameEnd, undisturbed, type Whole } from './same-end.ts';

/** `npm run chaos` asks for many; `npm test` has a sample. */
const rounds = Number(process.env['WATERFLOW_CHAOS_ROUNDS'] ?? 4);
const seed = Number(process.env['WATERFLOW_CHAOS_SEED'] ?? 1);
/** A run of the workflow takes somewhat less than this, so that kills fall everywhere. */
const longestMs = 1_200;
const mostKills = 4;

/** A small generator (mulberry32's constants are public domain), so that a seed gives the same kills again. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills the command after a time, wherever it is then; what it had started is in `left`. */
async function killedIn(
  milliseconds: number,
  command: RunningCommand,
): Promise<{ ended: Ended; left: readonly Process[] }> {
  let left: readonly Process[] = [];
  const timer = setTimeout(() => {
    left = descendantsOf(command.child.pid ?? 0);
    command.kill('SIGKILL');
  }, milliseconds);
  const ended = await command.ended;
  clearTimeout(timer);
  return { ended, left };
}

/** The run's id, where it was told; a run that was killed before is one that nobody knows of. */
function toldRun({ stdout }: Ended): string | undefined {
  return noticesOf({ stdout: wholeLines(stdout) })[0]?.run;
}

describe('a run of the command that is killed at any time, again and again', () => {
  it(`comes to the same end (${rounds} rounds, seed ${seed})`, { timeout: 60_000 + rounds * 20_000 }, async () => {
    const random = randomFrom(seed);
    const expected = resultOf(await crashingRun().begin().ended);
    for (let round = 0; round < rounds; round += 1) {
      const crashing = crashingRun();
      const finished: string[] = [];
      const again: string[] = [];
      const left: Process[] = [];
      let ended: Ended | undefined;
      let run: string | undefined;
      const kills = 1 + Math.floor(random() * mostKills);
      for (let turn = 0; turn <= kills; turn += 1) {
        const begun = crashing.ledger().length;
        const command = run === undefined ? crashing.begin() : crashing.resume(run);
        const killed = await killedIn(turn === kills ? longestMs * 1_000 : random() * longestMs, command);
        ended = killed.ended;
        run ??= toldRun(ended);
        left.push(...killed.left);
        again.push(
          ...crashing
            .ledger()
            .slice(begun)
            .filter((step) => finished.includes(step)),
        );
        finished.push(...finishedSteps(ended.stdout));
      }
      const audit = await waterflow(['audit', 'verify', run ?? '', '--state', crashing.state, '--json']);
      const found = {
        round,
        result: ended && resultOf(ended),
        again,
        chain: (JSON.parse(audit.stdout) as { kind: string }).kind,
      };
      expect(found).toEqual({ round, result: expected, again: [], chain: 'intact' });
      await expect.poll(() => stillRunning(left)).toEqual([]);
    }
  });
});

describe('runs of all kinds that are killed at any time, again and again', () => {
  it(`come to the same end (${rounds} rounds, seed ${seed})`, { timeout: 120_000 + rounds * 60_000 }, async () => {
    const random = randomFrom(seed);
    const known = new Map<string, Whole>();
    let killed = 0;
    for (let round = 0; round < rounds; round += 1) {
      const scenario = scenarios[round % scenarios.length];
      if (scenario === undefined) throw new TypeError('there is no scenario');
      const whole = known.get(scenario.name) ?? (await undisturbed(scenario));
      known.set(scenario.name, whole);
      const kills = Array.from({ length: 1 + Math.floor(random() * mostKills) }, () => ({
        lines: Math.floor(random() * whole.lines * 0.7),
        thenMs: Math.floor(random() * 80),
      }));
      killed += await expectSameEnd(scenario, kills, whole);
    }
    expect(killed).toBeGreaterThan(0);
    if (rounds > 10) console.log(`${rounds} rounds, ${killed} processes killed`);
  });
});
