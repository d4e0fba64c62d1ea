import { type Plan, type RunId, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { type Addressed, Machines } from '../driving/machines.ts';
import { jobViews, type RunFacts } from '../machine/index.ts';
import { Agenda } from './agenda.ts';
import type { Simulation, SimulationRequest } from './api.ts';
import { Matcher } from './matching.ts';
import { reasonsOf, Watcher } from './moments.ts';
import { World } from './world.ts';

/** Most events of one simulation: beyond them nobody reads what it shows, and a plan may ask for millions. */
export const simulatedEventsLimit = 200_000;

/**
 * Runs a plan on the run machine and the job machines, which alone decide, in a world that does what a script says. Nothing is really
 * carried out, no real time passes, and the same plan and script always go the same way. The error is one of the script, or a limit.
 */
export function simulate(
  plan: Plan,
  request: SimulationRequest,
): { readonly ok: Simulation } | { readonly error: WaterflowError } {
  try {
    return { ok: new Simulator(plan, request).live() };
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return { error: cause.error };
    throw cause;
  }
}

class Simulator {
  readonly #request: SimulationRequest;
  readonly #machines: Machines;
  readonly #agenda = new Agenda<Addressed>();
  readonly #matcher: Matcher;
  readonly #watcher: Watcher;
  readonly #world: World;
  readonly #assumed = new Set<string>();
  #events = 0;

  constructor(plan: Plan, request: SimulationRequest) {
    this.#request = request;
    this.#machines = new Machines(plan);
    this.#matcher = new Matcher(request.script);
    this.#watcher = new Watcher(this.#machines);
    this.#world = new World({
      plan,
      request,
      machines: this.#machines,
      agenda: this.#agenda,
      matcher: this.#matcher,
      watcher: this.#watcher,
      assume: (assumption) => void this.#assumed.add(assumption),
    });
  }

  live(): Simulation {
    let now = 0;
    this.#deliver({ machine: { kind: 'run' }, event: { type: 'run_started', at: now, facts: this.#facts() } });
    while (this.#machines.run.state !== 'ended') {
      const next = this.#agenda.next();
      // What is outstanding waits for somebody who, as the script has it, never comes.
      if (next === undefined) break;
      now = next.due;
      this.#deliver(next.item);
    }
    return this.#result(now);
  }

  /** Feeds the machines with an event and what follows from it in other machines; then carries out what they ask for. */
  #deliver(first: Addressed): void {
    const queue = [first];
    // An array's iterator also visits what is appended while it runs.
    for (const addressed of queue) {
      const applied = this.#machines.apply(addressed);
      if (applied === undefined) continue;
      this.#count();
      this.#watcher.follow(applied.change);
      queue.push(...applied.consequences.events);
      for (const effect of applied.consequences.effects) this.#world.carryOut(effect, first.event.at);
    }
  }

  #count(): void {
    this.#events += 1;
    if (this.#events <= simulatedEventsLimit) return;
    throw new WaterflowFailure({
      code: 'LIMIT_EXCEEDED',
      message: `the run takes more than ${simulatedEventsLimit} events, and a simulation may take no more`,
      remedy: 'Simulate it with fewer items, cells or attempts.',
    });
  }

  #facts(): RunFacts {
    const { inputs, vars } = this.#request;
    // It has the form of one; no run has it.
    const run = `run-${'0'.repeat(26)}` as RunId;
    return { run, run_attempt: 1, tenant: 'default', inputs, vars, secrets: secretsOf(this.#machines.plan) };
  }

  #result(now: number): Simulation {
    const { plan, run, name } = this.#machines;
    const jobs = jobViews(plan, run).map((view) => {
      const { key, status, attempts, outputs } = view;
      return [key, { status, attempts, outputs, ...reasonsOf(view) }] as const;
    });
    return {
      status: run.state === 'ended' ? run.status : 'waiting',
      name,
      duration_ms: now,
      ...(run.state === 'ended' && run.error !== undefined ? { error: run.error } : {}),
      moments: this.#watcher.moments,
      jobs: Object.fromEntries(jobs),
      assumed: [...this.#assumed],
      unused: this.#matcher.unused,
    };
  }
}

/** Every secret that a call may pass on: a simulated run was given all of them. */
function secretsOf(plan: Plan): readonly string[] {
  const calls = [plan, ...Object.values(plan.workflows ?? {})].flatMap(({ jobs }) =>
    jobs.flatMap(({ calls }) => calls ?? []),
  );
  const passed = calls.flatMap(({ secrets }) => (secrets === 'inherit' ? [] : Object.values(secrets)));
  const declared = Object.values(plan.workflows ?? {}).flatMap(({ call }) => Object.keys(call?.secrets ?? {}));
  return [...new Set([...passed, ...declared])];
}
