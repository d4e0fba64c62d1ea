import { expect } from 'vitest';
import { type KillPoint, type Played, type Scenario, Stage } from './killed-run.ts';
import { stillRunning } from './processes.ts';

/** What a scenario comes to. */
export interface Whole {
  readonly ends: readonly Pick<Played, 'result' | 'again' | 'audit'>[];
  readonly ran: readonly string[];
  /** How many lines its runs print, the shortest of them. */
  readonly lines: number;
}

/** What a scenario comes to when nothing is killed. */
export async function undisturbed(scenario: Scenario): Promise<Whole> {
  const stage = new Stage(scenario);
  const played = await stage.play([]);
  return { ...wholeOf(stage, played), lines: Math.min(...played.map(({ lines }) => lines)) };
}

/** Plays a scenario with these kills, and expects of it what it comes to without. Gives how many of the processes were killed. */
export async function expectSameEnd(scenario: Scenario, kills: readonly KillPoint[], whole: Whole): Promise<number> {
  const stage = new Stage(scenario);
  const played = await stage.play(kills);
  const { ends, ran } = whole;
  const problems = scenario.problems?.(stage.ledger()) ?? [];
  const { name } = scenario;
  expect({ name, kills, ...wholeOf(stage, played), problems }).toEqual({ name, kills, ends, ran, problems: [] });
  await expect.poll(() => stillRunning(stage.left)).toEqual([]);
  return played.reduce((sum, { kills: count }) => sum + count, 0);
}

function wholeOf(stage: Stage, played: readonly Played[]): Omit<Whole, 'lines'> {
  return { ends: played.map(({ result, again, audit }) => ({ result, again, audit })), ran: stepsIn(stage.ledger()) };
}

/** The steps that ran, each once: one that was lost may have run again. What names a process differs from one to the next. */
export function stepsIn(ledger: readonly string[]): readonly string[] {
  return [...new Set(ledger)].filter((entry) => !/^(enter|leave) /.test(entry)).toSorted();
}
