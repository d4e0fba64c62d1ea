/** The key of a fleet, from that of one of its hosts: `deploy` of `deploy @web-3`. Undefined for any other job. */
export function fleetOf(job: string): string | undefined {
  return /^(.*\S) @[^/]+$/u.exec(job)?.[1];
}

/** Tells which wave of its fleet a host is in. A wave starts when the one before is over, which notices show by their order. */
export class FleetWaves {
  readonly #fleets = new Map<string, { wave: number; readonly running: Set<string> }>();

  start(job: string): void {
    const key = fleetOf(job);
    if (key === undefined) return;
    const fleet = this.#fleet(key);
    if (fleet.running.size === 0) fleet.wave += 1;
    fleet.running.add(job);
  }

  finish(job: string): void {
    const key = fleetOf(job);
    if (key !== undefined) this.#fleet(key).running.delete(job);
  }

  /** The place of a host that has begun, or never will. */
  placeOf(key: string, job: string): { readonly key: string; readonly wave: number } {
    const fleet = this.#fleet(key);
    return { key, wave: fleet.running.has(job) ? fleet.wave : fleet.wave + 1 };
  }

  #fleet(key: string): { wave: number; readonly running: Set<string> } {
    const fleet = this.#fleets.get(key) ?? { wave: 0, running: new Set<string>() };
    this.#fleets.set(key, fleet);
    return fleet;
  }
}
