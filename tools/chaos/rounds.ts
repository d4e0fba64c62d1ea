import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Process, stillRunning } from '../../e2e/processes.ts';
import { openEmbeddedWorld } from './embedded-world.ts';
import { drawKills, type Kill, type KillPoint } from './kills.ts';
import { randomFrom } from './random.ts';
import { type RunResult, runDisturbed } from './run.ts';
import { openTemporalWorld } from './temporal-world.ts';
import type { ChaosWorld, VictimKind } from './world.ts';

/** Who wants to know how it goes. */
export interface Watcher {
  readonly killed: (kill: Kill) => void;
  readonly ended: (result: RunResult) => void;
}

/** What all runs came to. */
export interface ChaosResult {
  readonly results: readonly RunResult[];
  /** Of no single run. */
  readonly problems: readonly string[];
  /** Where the logs and the state of everything are; absent where nothing was wrong, and they are removed. */
  readonly folder?: string;
}

const goneMs = 30_000;
const lookMs = 100;

/** Disturbs runs until something was killed `points` times, or something is wrong. The first run is left alone. */
export async function disturbRuns(
  options: { readonly engine: ChaosWorld['engine']; readonly points: number; readonly seed: number },
  watcher: Watcher,
): Promise<ChaosResult> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-chaos-'));
  const results: RunResult[] = [];
  const problems: string[] = [];
  try {
    const world = await (options.engine === 'temporal' ? openTemporalWorld(folder) : openEmbeddedWorld(folder));
    try {
      await disturbIn(world, { ...options, folder, results, watcher });
    } catch (cause) {
      problems.push(String(cause instanceof Error ? cause.stack : cause));
    } finally {
      problems.push(...(await outlived(await world.end())));
    }
  } catch (cause) {
    problems.push(String(cause instanceof Error ? cause.stack : cause));
  }
  const isWrong = problems.length > 0 || results.some((result) => result.problems.length > 0);
  if (!isWrong) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  return { results, problems, ...(isWrong ? { folder } : {}) };
}

async function disturbIn(
  world: ChaosWorld,
  options: {
    readonly points: number;
    readonly seed: number;
    readonly folder: string;
    readonly results: RunResult[];
    readonly watcher: Watcher;
  },
): Promise<void> {
  const { points: wanted, seed, folder, results, watcher } = options;
  const random = randomFrom(seed);
  const kinds = [...new Set(world.victims.map(({ kind }): VictimKind => kind))];
  const one = async (points: readonly KillPoint[]): Promise<RunResult> => {
    const place = join(folder, `run-${results.length}`);
    mkdirSync(place);
    const result = await runDisturbed(world, { points, folder: place, disturbed: watcher.killed });
    results.push(result);
    if (result.problems.length > 0) writeFileSync(join(place, 'evidence.json'), JSON.stringify(result, undefined, 2));
    watcher.ended(result);
    return result;
  };
  const { evidence, problems } = await one([]);
  if (problems.length > 0) return;
  const events = evidence.events.length;
  for (let made = 0; made < wanted; ) {
    const result = await one(drawKills(random, { kinds, events, most: wanted - made }));
    made += result.evidence.kills.length;
    if (result.problems.length > 0) return;
  }
}

async function outlived(processes: readonly Process[]): Promise<readonly string[]> {
  const end = performance.now() + goneMs;
  let left = stillRunning(processes);
  while (left.length > 0 && performance.now() < end) {
    await sleep(lookMs);
    left = stillRunning(left);
  }
  return left.map(({ pid, command }) => `process ${pid} outlived everything: ${command}`);
}
