/** A world in which a plan lives by what is drawn, and that can tell what happened in it. */
interface World {
  live(): void;
  /** Its events as a person reads them. */
  story(): string;
}

/** Has a world live, and checks it. A counterexample comes with the sketch of its plan and with its story. */
export function liveIn<Kind extends World>(world: Kind, sketch: unknown, check: (world: Kind) => void): void {
  try {
    world.live();
    check(world);
  } catch (cause) {
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new Error(`${what}\n\n${JSON.stringify(sketch, null, 1)}\n${world.story()}`, { cause });
  }
}
