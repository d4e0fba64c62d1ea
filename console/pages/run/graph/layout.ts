import type { GraphEdge, GraphNode } from './model.ts';

/** Boxes of a size, and what leads from one to another. */
export interface Drawable {
  readonly nodes: readonly Pick<GraphNode, 'key' | 'width' | 'height'>[];
  readonly edges: readonly GraphEdge[];
}

/** Where things are, in CSS pixels from the upper left. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, { readonly left: number; readonly top: number }>;
  readonly edges: readonly { readonly path: string; readonly kind: GraphEdge['kind'] }[];
}

const margin = 12;
const betweenColumns = 56;
const betweenNodes = 14;
/** Times that columns are put in order after their neighbours: more of them change little. */
const sweeps = 4;

interface Placed {
  readonly node: Drawable['nodes'][number];
  readonly before: Placed[];
  readonly after: Placed[];
  column: number;
  /** Of its middle, from the upper edge. */
  y: number;
}

/**
 * Lays a graph out from left to right: each node right of all that it follows, beside what it belongs to. In the manner of Sugiyama, Tagawa
 * and Toda (1981), without nodes in between for long edges. A thousand nodes take some milliseconds, for which general layouts take
 * seconds; and since statuses don't matter, nothing moves while a run goes on.
 */
export function layoutOf({ nodes, edges }: Drawable): GraphLayout {
  const placed = new Map<string, Placed>(
    nodes.map((node) => [node.key, { node, before: [], after: [], column: 0, y: 0 }]),
  );
  for (const { from, to } of edges) {
    const [source, target] = [placed.get(from), placed.get(to)];
    if (source === undefined || target === undefined) continue;
    source.after.push(target);
    target.before.push(source);
  }
  const columns = columnsOf([...placed.values()]);
  for (const column of columns) stack(column);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (const column of columns.slice(1)) order(column, ({ before }) => before);
    for (const column of columns.slice(0, -1).toReversed()) order(column, ({ after }) => after);
  }
  for (const column of columns.slice(1)) order(column, ({ before }) => before);
  return drawn(columns, { placed, edges });
}

/** Nodes by the longest way that leads to them. */
function columnsOf(all: readonly Placed[]): readonly Placed[][] {
  const left = new Map(all.map((one) => [one, one.before.length]));
  const ready = all.filter(({ before }) => before.length === 0);
  for (const one of ready) {
    for (const next of one.after) {
      next.column = Math.max(next.column, one.column + 1);
      const still = (left.get(next) ?? 1) - 1;
      left.set(next, still);
      if (still === 0) ready.push(next);
    }
  }
  const columns: Placed[][] = [];
  for (const one of all) (columns[one.column] ??= []).push(one);
  return Array.from(columns, (column) => column ?? []);
}

/** One below the other, from the top. */
function stack(column: readonly Placed[]): void {
  let top = 0;
  for (const one of column) {
    one.y = top + one.node.height / 2;
    top += one.node.height + betweenNodes;
  }
}

/** Puts a column in the order of its neighbours, each node as near to the middle of its own as the others leave room. */
function order(column: Placed[], neighboursOf: (one: Placed) => readonly Placed[]): void {
  const wanted = new Map(column.map((one) => [one, middleOf(neighboursOf(one)) ?? one.y]));
  const wish = (one: Placed): number => wanted.get(one) ?? one.y;
  column.sort((one, other) => wish(one) - wish(other));
  // Nodes that would lie over each other are moved together, so that what they wish for is met on the whole.
  const groups: { members: Placed[]; height: number; middle: number }[] = [];
  for (const one of column) {
    let group = { members: [one], height: one.node.height, middle: wish(one) };
    for (let last = groups.at(-1); last !== undefined && overlap(last, group); last = groups.at(-1)) {
      groups.pop();
      const weight = last.members.length + group.members.length;
      group = {
        members: [...last.members, ...group.members],
        height: last.height + betweenNodes + group.height,
        middle: (last.middle * last.members.length + group.middle * group.members.length) / weight,
      };
    }
    groups.push(group);
  }
  for (const { members, height, middle } of groups) {
    let top = middle - height / 2;
    for (const one of members) {
      one.y = Math.round(top + one.node.height / 2);
      top += one.node.height + betweenNodes;
    }
  }
}

interface Extent {
  readonly height: number;
  readonly middle: number;
}

function overlap(upper: Extent, lower: Extent): boolean {
  return upper.middle + upper.height / 2 + betweenNodes > lower.middle - lower.height / 2;
}

function middleOf(neighbours: readonly Placed[]): number | undefined {
  if (neighbours.length === 0) return undefined;
  return neighbours.reduce((sum, { y }) => sum + y, 0) / neighbours.length;
}

function drawn(
  columns: readonly (readonly Placed[])[],
  { placed, edges }: { readonly placed: ReadonlyMap<string, Placed>; readonly edges: Drawable['edges'] },
): GraphLayout {
  const all = [...placed.values()];
  const highest = all.reduce((least, { node, y }) => Math.min(least, y - node.height / 2), Number.POSITIVE_INFINITY);
  const lowest = all.reduce((most, { node, y }) => Math.max(most, y + node.height / 2), 0);
  const lefts: number[] = [];
  let right = margin;
  for (const column of columns) {
    lefts.push(right);
    right += column.reduce((most, { node }) => Math.max(most, node.width), 0) + betweenColumns;
  }
  const shift = Number.isFinite(highest) ? margin - highest : 0;
  const leftOf = ({ column }: Placed): number => lefts[column] ?? margin;
  return {
    width: right - betweenColumns + margin,
    height: lowest + shift + margin,
    nodes: new Map(all.map((one) => [one.node.key, { left: leftOf(one), top: one.y - one.node.height / 2 + shift }])),
    edges: edges.flatMap(({ from, to, kind }) => {
      const [source, target] = [placed.get(from), placed.get(to)];
      if (source === undefined || target === undefined) return [];
      const [x1, y1] = [leftOf(source) + source.node.width, source.y + shift];
      const [x2, y2] = [leftOf(target), target.y + shift];
      const bend = betweenColumns / 2;
      return [{ path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, kind }];
    }),
  };
}
