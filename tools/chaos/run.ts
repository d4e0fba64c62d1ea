import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Process, stillRunning } from '../../e2e/processes.ts';
import { carryOut, type Disturbance } from './disturb.ts';
import type { Evidence, LogLine, RunDetails } from './evidence.ts';
import { Follower, type RunEvent } from './follow.ts';
import { judge, type Verdict } from './judge.ts';
import type { KillPoint } from './kills.ts';
import { workflowText } from './workflow.ts';
import type { ChaosWorld } from './world.ts';

/** What one run came to. */
export interface RunResult extends Verdict {
  readonly evidence: Evidence;
  readonly tookMs: number;
}

/** Beyond that something waits for ever; a machine that does other things too is slow. */
const mostRunMs = 600_000;
/** What is on its way when a run ends has so long to arrive, and what was killed to be gone, in ms. */
const patienceMs = 60_000;
const lookMs = 200;

/** Submits a run, disturbs it, and judges it once it has ended and everything is there again. */
export async function runDisturbed(
  world: ChaosWorld,
  { points, folder, disturbed }: { readonly points: readonly KillPoint[]; readonly folder: string } & Disturbance,
): Promise<RunResult> {
  const ledger = join(folder, 'ledger');
  const isTemporal = world.engine === 'temporal';
  const workflow = workflowText({
    runsOn: isTemporal ? 'work' : 'local',
    lostAfter: '20s',
    retried: isTemporal ? 'job' : 'step',
    ledger,
  });
  const begun = performance.now();
  const run = await submit(world, workflow);
  const follower = new Follower(world.url, run);
  const late = AbortSignal.timeout(mostRunMs);
  const following = follower.follow(late);
  // Whatever is awaited first hears of it.
  following.catch(() => {});
  const { kills, left } = await carryOut(world, { points, follower, disturbed, signal: late });
  await following;
  const tookMs = performance.now() - begun;
  const read = async (): Promise<Evidence> => ({
    engine: world.engine,
    run,
    kills,
    events: await linesAt<RunEvent>(world, `/v1/workflows/${run}/events`),
    followed: follower.events,
    ledger: existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : [],
    log: await linesAt<LogLine>(world, `/v1/workflows/${run}/logs`),
    details: await jsonAt<RunDetails>(world, `/v1/workflows/${run}`),
  });
  // What agents hadn't shipped when they were killed comes after their start.
  const evidence = await until(read, (one) => judge(one).problems.length === 0);
  const verdict = judge(evidence);
  const leftovers = await until(
    async () => [...leftProcesses(left), ...leftWorkspaces(world, run), ...(await world.goesOn(run))],
    (found) => found.length === 0,
  );
  return { ...verdict, problems: [...follower.problems, ...verdict.problems, ...leftovers], evidence, tookMs };
}

async function submit({ url }: ChaosWorld, workflow: string): Promise<string> {
  const response = await fetch(`${url}/v1/workflows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`the run was not taken: ${response.status} ${text}`);
  const { id } = JSON.parse(text) as { readonly id: string }; // As the API says.
  return id;
}

function leftProcesses(known: readonly Process[]): readonly string[] {
  return stillRunning(known).map(({ pid, command }) => `process ${pid} outlived what it belongs to: ${command}`);
}

function leftWorkspaces({ states }: ChaosWorld, run: string): readonly string[] {
  return states.flatMap((state) =>
    ['work', 'temp']
      .map((part) => join(state, run, part))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => `${join(folder, name)} is left over`)),
  );
}

async function jsonAt<Answer>({ url }: ChaosWorld, path: string): Promise<Answer> {
  const response = await fetch(`${url}${path}`, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer; // As the API says.
}

async function linesAt<Line>({ url }: ChaosWorld, path: string): Promise<readonly Line[]> {
  const response = await fetch(`${url}${path}`, { headers: { accept: 'application/x-ndjson' } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line); // As the API says.
}

/** Looks again and again, until it is as it should be or has had its time. */
async function until<Found>(look: () => Promise<Found>, isRight: (found: Found) => boolean): Promise<Found> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (isRight(found) || performance.now() > end) return found;
    await sleep(lookMs);
  }
}
