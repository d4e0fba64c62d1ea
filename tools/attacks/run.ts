import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { needs } from '../../e2e/require.ts';
import type { Attack, Runtime } from '../../runtime/attacks/attack.ts';
import type { NotRun } from '../../runtime/attacks/matrix.ts';
import { type ConfinementLevel, createSupervisor, type Supervisor } from '../../runtime/supervisor/index.ts';
import { type Cell, type Place, tryAttack } from './stage.ts';

/** What to try, and whom to tell. */
export interface RunOptions {
  readonly runtimes: readonly Runtime[];
  readonly levels: readonly ConfinementLevel[];
  readonly progress: (text: string) => void;
  /** Default: all. `success`: what comes after the first attack that succeeds isn't tried. */
  readonly until?: 'success';
}

/** The levels of confinement that this machine gives. */
export async function levelsHere(): Promise<readonly ConfinementLevel[]> {
  await using supervisor = await createSupervisor();
  const { level } = supervisor;
  return ([0, 1, 2, 3, 4] as const).filter((each) => each <= level);
}

/** What was tried, and what wasn't. */
export interface Tried {
  readonly cells: readonly Cell[];
  readonly not_run: readonly NotRun[];
}

/** Tries each attack with each runtime that it is for, level by level. */
export async function tryAll(attacks: readonly Attack[], options: RunOptions): Promise<Tried> {
  const { runtimes, levels, progress } = options;
  const cells: Cell[] = [];
  const { possible, not_run } = await sorted(attacks);
  for (const { attack, why } of not_run) progress(`${attack.id}: not run, ${why}`);
  for (const level of levels) {
    await using supervisor = await createSupervisor({ highest_level: level });
    for (const attack of possible) {
      for (const runtime of runtimes.filter((each) => attack.runtimes.includes(each))) {
        const cell = await tried(attack, { runtime, level }, supervisor);
        cells.push(cell);
        if (options.until === 'success' && cell.verdict.kind === 'succeeded') return { cells, not_run };
        progress(`${attack.id} (${runtime}, level ${level}): ${wordsOf(cell)}`);
      }
    }
  }
  return { cells, not_run };
}

function wordsOf({ verdict, duration_ms: ms }: Cell): string {
  const took = `${verdict.kind} in ${ms} ms`;
  if (verdict.kind === 'unexpected') return `${took}: ${verdict.why}`;
  return verdict.kind === 'succeeded' ? `${took}: ${verdict.breaches.map(({ what }) => what).join('; ')}` : took;
}

/** What this machine can be attacked with, and what it lacks for the rest. */
async function sorted(
  attacks: readonly Attack[],
): Promise<{ readonly possible: readonly Attack[]; readonly not_run: readonly NotRun[] }> {
  const lacksDocker = attacks.some(({ beside }) => beside.includes('docker')) && !(await needs('docker'));
  const whyNot = (attack: Attack): readonly string[] => [
    ...attack.needs.filter((program) => !isInstalled(program)).map((program) => `${program} is not installed`),
    ...(lacksDocker && attack.beside.includes('docker') ? ['no Docker daemon answers'] : []),
  ];
  return {
    possible: attacks.filter((attack) => whyNot(attack).length === 0),
    not_run: attacks.flatMap((attack) => whyNot(attack).map((why) => ({ attack, why }))),
  };
}

/** A machine that can't carry a try out (no process to be had) makes one cell unexpected, and doesn't end the matrix. */
async function tried(attack: Attack, place: Place, supervisor: Supervisor): Promise<Cell> {
  try {
    return await tryAttack(attack, place, supervisor);
  } catch (error) {
    const why = `it could not be tried: ${error instanceof Error ? error.message : String(error)}`;
    return { attack, ...place, verdict: { kind: 'unexpected', why }, duration_ms: 0 };
  }
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
