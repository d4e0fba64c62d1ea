/** The keys of steps inside of other steps: `gate.deploy` in an `if@v1`, `loop[7].build` in a `for-each@v1`. */

/** A step of an iteration, by the outermost loop that it is in. */
export interface InIteration {
  /** The key of the loop. */
  readonly loop: string;
  readonly index: number;
  /** Its key within the iteration. */
  readonly own: string;
}

/** Where a step stands that is inside of a loop; undefined for one that isn't. Ids hold neither dots nor brackets. */
export function iterationOf(step: string): InIteration | undefined {
  const match = /^([^[]+)\[(\d+)\]\.(.+)$/u.exec(step);
  if (match === null) return undefined;
  const [, loop = '', index = '', own = ''] = match;
  return { loop, index: Number(index), own };
}

/** A step's own key, without those of the steps around it. */
export function ownKey(step: string): string {
  return step.slice(step.lastIndexOf('.') + 1);
}

/** How many steps a step is inside of. */
export function depthOf(step: string): number {
  return step.split('.').length - 1;
}
