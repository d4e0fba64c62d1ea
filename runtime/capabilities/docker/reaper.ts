import { createInterface } from 'node:readline';
import { setTimeout as timer } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { startCompanion } from '../exec/companion.ts';
import type { ExecPowers } from '../exec/powers.ts';
import { agentLabel } from './labels.ts';
import { type Belongings, remove, removeOnce } from './removal.ts';
import { connectEngine } from './wire/client.ts';

/**
 * A small process that outlives the agent: when the agent ends, however it does, its pipe ends, and the reaper removes what the
 * agent's containers, networks, volumes and builds left. What even this misses, because it was killed too or the machine went down,
 * the next agent finds by its labels.
 */
export interface Reaper {
  /**
   * Says that a container of that name is about to be made: the daemon may finish it long after the agent is gone. One that begins
   * with a dot is a build, whose containers and images come without names of ours.
   */
  announce(name: string): void;
  /** Says that it was made, or never will be. */
  settle(name: string): void;
}

/** How long after the agent's end something that was announced is waited for: of a large image a copy may have to be made. */
const announcedWaitMs = 120_000;
/** Otherwise: what the daemon was doing when the agent ended is over by then. */
const quietMs = 3_000;
/** Where a build was going on: the daemon calls it off, step by step. */
const quietAfterBuildMs = 10_000;
const pauseMs = 250;
/** A daemon that restarts is back by then; what one leaves that isn't is found by the next agent. */
const unreachableMs = 60_000;

/** Starts the reaper of this agent for one daemon. `onEnd` is called when it ends, which it should not before the agent. */
export async function startReaper(
  powers: Pick<ExecPowers, 'spawn'>,
  task: { readonly socket: AbsolutePath; readonly agent: string },
  onEnd: () => void,
): Promise<Reaper> {
  const args = [fileURLToPath(import.meta.url), task.socket, task.agent];
  const stdin = await startCompanion(powers, {
    command: process.execPath,
    args,
    task: 'removes containers after their agent',
    onEnd,
  });
  return { announce: (name) => void stdin.write(`+${name}\n`), settle: (name) => void stdin.write(`-${name}\n`) };
}

/** What the reaper process does: waits for the end of its input, then removes all that `agent` owns. */
async function reap(socket: AbsolutePath, agent: string): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const announced = new Set<string>();
  const builds = new Set<string>();
  process.stdout.end('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const name = line.slice(1);
    const known = name.startsWith('.') ? builds : announced;
    if (line.startsWith('+')) known.add(name);
    else known.delete(name);
  }
  const belongings: Belongings = {
    owns: (labels) => labels[agentLabel] === agent,
    built: (label) => label.startsWith(`${agent}#`),
  };
  const end = performance.now();
  const quiet = builds.size > 0 ? quietAfterBuildMs : quietMs;
  let quietSince = end;
  const waits = (): boolean =>
    performance.now() - quietSince < quiet || (announced.size > 0 && performance.now() - end < announcedWaitMs);
  let reachedAt = end;
  while (waits() && performance.now() - end < 2 * announcedWaitMs && performance.now() - reachedAt < unreachableMs) {
    const found = await removeAnnounced(socket, announced, belongings).catch(() => undefined);
    if (found !== undefined) reachedAt = performance.now();
    if (found !== 0) quietSince = performance.now();
    await timer(pauseMs);
  }
}

async function removeAnnounced(socket: AbsolutePath, announced: Set<string>, belongings: Belongings): Promise<number> {
  const engine = await connectEngine(socket);
  let found = 0;
  for (const name of announced) {
    const present = await engine.ask({ method: 'GET', path: `/containers/${encodeURIComponent(name)}/json` }).then(
      () => true,
      () => false,
    );
    if (!present) continue;
    found += 1;
    if (await remove(engine, `/containers/${encodeURIComponent(name)}`, { force: '1', v: '1' })) announced.delete(name);
  }
  return found + (await removeOnce(engine, belongings));
}

const [, , socket, agent] = process.argv;
// The agent, which starts it, gives both.
if (import.meta.main && socket !== undefined && agent !== undefined) await reap(socket as AbsolutePath, agent);
