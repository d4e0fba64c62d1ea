/** Where a node is, in any unit. */
export interface Box {
  readonly left: number;
  readonly top: number;
}

const directions: Readonly<Record<string, readonly [across: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The node that a key leads to from one at a place: the nearest in that direction, and of those beside it the one most nearly straight on. */
export function neighbour<Node extends Box>(key: string, at: Node, all: readonly Node[]): Node | undefined {
  if (key === 'Home') return all[0];
  if (key === 'End') return all.at(-1);
  const direction = directions[key];
  if (direction === undefined) return undefined;
  const [across, down] = direction;
  let [nearest, least]: [Node | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const one of all) {
    const [x, y] = [one.left - at.left, one.top - at.top];
    const ahead = x * across + y * down;
    const aside = Math.abs(x * down) + Math.abs(y * across);
    // Columns are further apart than nodes in one: up and down stays in its column.
    const isAhead = ahead > 0 && (down === 0 || aside === 0);
    const far = ahead * 2 + aside;
    if (isAhead && far < least) [nearest, least] = [one, far];
  }
  return nearest;
}
