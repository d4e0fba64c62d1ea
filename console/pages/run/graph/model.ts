import type { KeyedJob } from '../selection.ts';

/** A job of a workflow file in one place where it is called, with its cells or hosts. */
export interface GraphNode {
  readonly key: string;
  readonly name: string;
  /** The job that calls its workflow. */
  readonly caller: string | undefined;
  readonly jobs: readonly KeyedJob[];
  /** The same, as they are drawn: the hosts of a fleet each wave for itself, where that isn't too high; else all together. */
  readonly rows: readonly (readonly KeyedJob[])[];
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** `calls`: the job is one of the workflow that the other calls. */
  readonly kind: 'needs' | 'calls';
}

export interface GraphModel {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const nodeWidth = 220;
const headHeight = 52;
/** As the style sheet has them, with what is between two. */
export const cellSize = 14;
const betweenWaves = 4;
const cellsInRow = 14;
/** Of more waves each for itself would make a node higher than what is beside it. */
const mostWaves = 8;

/**
 * The graph of a run: what needs what, and what calls what. Cells and hosts of a job are one node, since they need the same, and a fleet of a
 * thousand hosts is seen at a glance.
 */
export function graphOf(jobs: readonly KeyedJob[]): GraphModel {
  const groups = new Map<string, KeyedJob[]>();
  const nodeOf = new Map<string, string>();
  for (const one of jobs) {
    const key = keyOf(one.job.caller, one.job.id);
    nodeOf.set(one.key, key);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const nodes = Array.from(groups, ([key, group]) => {
    const [first] = group;
    const caller = first?.job.caller;
    const rows = rowsOf(group);
    const lines = group.length === 1 ? 0 : rows.reduce((sum, { length }) => sum + Math.ceil(length / cellsInRow), 0);
    return {
      key,
      name: group.length === 1 ? (first?.job.name ?? key) : (first?.job.id ?? key),
      caller,
      jobs: group,
      rows,
      width: nodeWidth,
      height: headHeight + lines * cellSize + (lines === 0 ? 0 : 8 + (rows.length - 1) * betweenWaves),
    };
  });
  const edges = nodes.flatMap(({ key, jobs: [first] }) => edgesTo(key, first, { groups, nodeOf }));
  return { nodes, edges };
}

function rowsOf(group: readonly KeyedJob[]): readonly (readonly KeyedJob[])[] {
  const waves = Map.groupBy(group, ({ job }) => job.wave ?? 0);
  if (waves.size > mostWaves) return [group];
  return [...waves.entries()].toSorted(([one], [other]) => one - other).map(([, jobs]) => jobs);
}

function edgesTo(
  to: string,
  first: KeyedJob | undefined,
  { groups, nodeOf }: { readonly groups: ReadonlyMap<string, unknown>; readonly nodeOf: ReadonlyMap<string, string> },
): readonly GraphEdge[] {
  if (first === undefined) return [];
  const { caller, needs } = first.job;
  const needed = needs.map((id) => keyOf(caller, id)).filter((key) => groups.has(key));
  const from = caller === undefined ? undefined : nodeOf.get(caller);
  if (needed.length > 0 || from === undefined) return needed.map((key) => ({ from: key, to, kind: 'needs' }));
  return [{ from, to, kind: 'calls' }];
}

function keyOf(caller: string | undefined, id: string): string {
  return JSON.stringify([caller ?? '', id]);
}
