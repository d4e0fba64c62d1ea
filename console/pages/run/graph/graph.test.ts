import { describe, expect, it } from 'vitest';
import type { KeyedJob } from '../selection.ts';
import { layoutOf } from './layout.ts';
import { graphOf } from './model.ts';

function job(key: string, { id = key, needs = [], ...more }: Partial<KeyedJob['job']> = {}): KeyedJob {
  const place = { id, needs, ...more };
  return {
    key,
    job: { index: 0, name: key, status: 'success', attempts: 1, outputs: {}, steps: {}, ...place },
  };
}

const jobs = [
  job('build (linux)', { id: 'build' }),
  job('build (mac)', { id: 'build' }),
  job('release', { needs: ['build'] }),
  job('release / sign', { id: 'sign', caller: 'release' }),
  job('release / push', { id: 'push', needs: ['sign'], caller: 'release' }),
  // Of the run's own file, although its id is that of a called one.
  job('push', { needs: ['build'] }),
];

describe('the graph of a run', () => {
  const { nodes, edges } = graphOf(jobs);
  const nameOf = (wanted: string): string | undefined => {
    const node = nodes.find(({ key }) => key === wanted);
    return node?.caller === undefined ? node?.name : `${node.caller} / ${node.name}`;
  };

  it('has one node for the cells of a job', () => {
    expect(nodes.map(({ jobs: cells }) => cells.length)).toEqual([2, 1, 1, 1, 1]);
  });

  it('has each wave of a fleet for itself, as long as there are few', () => {
    const fleetOf = (waves: readonly number[]) =>
      graphOf(waves.map((wave, index) => job(`deploy @${index}`, { id: 'deploy', wave }))).nodes[0];
    const few = fleetOf([1, 3, 2, 2, 3]);
    expect(few?.rows.map((row) => row.map(({ key }) => key))).toEqual([
      ['deploy @0'],
      ['deploy @2', 'deploy @3'],
      ['deploy @1', 'deploy @4'],
    ]);
    const many = fleetOf(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(many?.rows.map(({ length }) => length)).toEqual([100]);
    expect(many?.height).toBeLessThan(200);
  });

  it('keeps needs within their file, and joins a called file to the job that calls it', () => {
    expect(edges.map(({ from, to, kind }) => [nameOf(from), kind, nameOf(to)])).toEqual([
      ['build', 'needs', 'release'],
      ['release', 'calls', 'release / release / sign'],
      ['release / release / sign', 'needs', 'release / release / push'],
      ['build', 'needs', 'push'],
    ]);
  });

  it('is laid out from left to right, no node over another', () => {
    const layout = layoutOf({ nodes, edges });
    const boxes = nodes.map(({ key, width, height }) => {
      const { left = Number.NaN, top = Number.NaN } = layout.nodes.get(key) ?? {};
      return { key, left, top, right: left + width, bottom: top + height };
    });
    const boxOf = new Map(boxes.map((box) => [box.key, box]));
    for (const { from, to } of edges) {
      expect(boxOf.get(from)?.right).toBeLessThan(boxOf.get(to)?.left ?? Number.NaN);
    }
    const overlaps = boxes.flatMap((one, index) =>
      boxes
        .slice(index + 1)
        .filter((other) => one.left < other.right && other.left < one.right)
        .filter((other) => one.top < other.bottom && other.top < one.bottom),
    );
    expect(overlaps).toEqual([]);
    expect(Math.max(...boxes.map(({ right }) => right))).toBeLessThanOrEqual(layout.width);
  });
});
