/** Plays a scenario with a client. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Driver, Ongoing, Told, Values } from './driver.ts';
import { filledIn, partOf, type Scenario, type Step } from './scenario.ts';

/** Where a scenario happens. */
export interface Stage {
  readonly driver: Driver;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly loseNextAnswer: () => void;
  readonly cut: () => void;
  /** Keys and secrets, which nothing may show. */
  readonly hidden: readonly string[];
}

interface Play {
  readonly stage: Stage;
  readonly kept: Map<string, unknown>;
  readonly ongoing: Map<string, Ongoing>;
}

/** Rejects where anything isn't as the scenario says. */
export async function play(scenario: Scenario, stage: Stage): Promise<void> {
  const unique = randomUUID();
  const kept = new Map<string, unknown>([
    ['unique', unique],
    ['label', `scenario:${unique}`],
  ]);
  const playing: Play = { stage, kept, ongoing: new Map() };
  for (const [index, step] of scenario.steps.entries()) {
    try {
      await take(playing, step);
    } catch (cause) {
      throw new Error(`step ${index + 1} (${JSON.stringify(step).slice(0, 300)}): ${String(cause)}`, { cause });
    }
  }
  for (const each of stage.hidden) expect(stage.driver.complaints()).not.toContain(each);
}

async function take(playing: Play, step: Step): Promise<void> {
  const { stage, ongoing } = playing;
  if (step.eventually === true) return eventually(playing, step);
  if (step.server === 'kill') return stage.kill();
  if (step.server === 'start') return stage.start();
  if (step.proxy === 'lose the next answer') return stage.loseNextAnswer();
  if (step.proxy === 'cut') return stage.cut();
  if (step.cancel !== undefined) return named(ongoing, step.cancel).cancel();
  if (step.await !== undefined) return awaited(playing, step, named(ongoing, step.await));
  const { call = '', times = 1 } = step;
  const as = String(filledIn(step.as ?? 'admin', playing.kept));
  const args = filledIn(step.with ?? {}, playing.kept) as Values; // An object stays one.
  const begun = Array.from({ length: times }, () => stage.driver.begin(call, args, as));
  const [first] = begun;
  if (first === undefined) return undefined;
  if (step.begin !== undefined) return void ongoing.set(step.begin, first);
  for (const each of begun) await awaited(playing, step, each);
  return undefined;
}

/** The same call again until the result is as expected. */
async function eventually(playing: Play, step: Step): Promise<void> {
  const once = (): Promise<void> => take(playing, { ...step, eventually: false });
  await expect.poll(() => once().then(() => 'as expected', String), { timeout: 30_000 }).toBe('as expected');
}

function named(ongoing: ReadonlyMap<string, Ongoing>, name: string): Ongoing {
  const found = ongoing.get(name);
  if (found === undefined) throw new Error(`nothing goes on that is called ${name}`);
  return found;
}

async function awaited({ stage, kept }: Play, step: Step, call: Ongoing): Promise<void> {
  if (step.items !== undefined) return call.reaches(step.items);
  const told = await call.ended;
  for (const hidden of stage.hidden) expect(JSON.stringify('error' in told ? told.error : '')).not.toContain(hidden);
  if (step.error !== undefined) {
    expect(told).toMatchObject({ error: matching(filledIn(step.error, kept)) });
    return undefined;
  }
  const result = resultOf(told, call);
  if (step.expect !== undefined) {
    const wanted = matching(filledIn(step.expect, kept));
    const shown = Array.isArray(result) && Array.isArray(wanted) ? result.slice(0, wanted.length) : result;
    expect({ result: shown }).toMatchObject({ result: wanted });
  }
  if (step.count !== undefined) expect(result).toHaveLength(step.count);
  if (step.lines !== undefined) {
    const texts = call.items.map((line) => partOf(line, 'text'));
    expect(texts).toEqual(Array.from({ length: step.lines }, (_, index) => `line ${index + 1}`));
  }
  for (const [name, path] of Object.entries(step.keep ?? {})) kept.set(name, partOf(result, path));
  return undefined;
}

function resultOf(told: Told, { items }: Ongoing): unknown {
  if ('error' in told) throw new Error(`it failed: ${JSON.stringify(told.error)}`);
  return told.result === undefined || told.result === null ? items : told.result;
}

/** A text between slashes is a pattern. */
function matching(value: unknown): unknown {
  if (typeof value === 'string' && /^\/.+\/$/su.test(value))
    return expect.stringMatching(new RegExp(value.slice(1, -1), 'u'));
  if (Array.isArray(value)) return value.map(matching);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, matching(each)]));
}
