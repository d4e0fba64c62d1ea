import { setTimeout as sleep } from 'node:timers/promises';
import type { Process } from '../../e2e/processes.ts';
import type { Follower, RunEvent } from './follow.ts';
import type { Kill, KillPoint } from './kills.ts';
import type { ChaosWorld, Victim } from './world.ts';

/** Who wants to know. */
export interface Disturbance {
  /** Told of each kill as it happens. */
  readonly disturbed: (kill: Kill) => void;
}

/** How often something is started, and after which pause, in ms. */
const mostStarts = 5;
const pauseMs = 1000;

/** What was killed. */
export interface Disturbed {
  readonly kills: readonly Kill[];
  /** Processes that had to end with those that were killed. */
  readonly left: readonly Process[];
}

/** Kills what the points say, and starts it again; resolves when all of it is there again. Points that a run's end comes before are left out. */
export async function carryOut(
  world: ChaosWorld,
  options: {
    readonly points: readonly KillPoint[];
    readonly follower: Follower;
    readonly signal: AbortSignal;
  } & Disturbance,
): Promise<Disturbed> {
  const { points, follower, signal, disturbed } = options;
  const kills: Kill[] = [];
  const left: Process[] = [];
  const coming = new Map<string, Promise<void>>();
  for (const point of points) {
    await follower.reach(point.afterEvents, signal);
    await sleep(point.thenMs);
    const victim = choose(world, point, follower.events);
    // One that is away can't be killed.
    await coming.get(victim.name);
    if (follower.isEnded) break;
    const { kind, name } = victim;
    const after = follower.events.at(-1)?.sequence ?? 0;
    const kill: Kill = { kind, name, after, at: Date.now(), awayMs: point.awayMs };
    left.push(...(await victim.kill()));
    kills.push(kill);
    disturbed(kill);
    const comes = sleep(point.awayMs).then(() => startAgain(victim));
    // Whoever waits for all of them hears of it.
    comes.catch(() => {});
    coming.set(name, comes);
  }
  await Promise.all(coming.values());
  return { kills, left };
}

/** As whoever supervises a service does: where it ends instead of starting, it is started once more, a few times. */
async function startAgain(victim: Victim): Promise<void> {
  for (let left = mostStarts - 1; ; left -= 1) {
    try {
      return await victim.start();
    } catch (cause) {
      if (left === 0) throw cause;
    }
    await sleep(pauseMs);
  }
}

/** An agent that has something to lose, where there is one. */
function choose({ victims }: ChaosWorld, { kind, choice }: KillPoint, events: readonly RunEvent[]): Victim {
  const ofKind = victims.filter((victim) => victim.kind === kind);
  const busy = busyAgents(events);
  const rather = kind === 'agent' ? ofKind.filter(({ name }) => busy.has(name)) : [];
  const those = rather.length > 0 ? rather : ofKind;
  const victim = those[Math.floor(choice * those.length)];
  if (victim === undefined) throw new TypeError(`there is no ${kind}`);
  return victim;
}

function busyAgents(events: readonly RunEvent[]): ReadonlySet<string> {
  const agents = new Map<string, string>();
  for (const { type, job = '', event } of events) {
    // As the engine tells it.
    const { claim, job: ended = '' } = event as { readonly claim?: { readonly agent: string }; readonly job?: string };
    if (type === 'agent_claimed' && claim !== undefined) agents.set(job, claim.agent);
    if (type === 'agent_lost') agents.delete(job);
    if (type === 'job_finished') agents.delete(ended);
  }
  return new Set(agents.values());
}
