import { describe, expect, it } from 'vitest';
import { RunningCommand, root } from '../e2e/command.ts';
import { needs } from '../e2e/require.ts';
import type { ChaosReport } from './chaos/report.ts';

const timeout = 600_000;
const hasTemporal = await needs('temporal');

/** A sample: by itself `npm run chaos` kills a hundred times. */
async function sampleOf(engine: string, points: number): Promise<ChaosReport> {
  const argv = ['tools/chaos.ts', '--engine', engine, '--points', `${points}`, '--seed', '3', '--json'];
  const { code, stdout, stderr } = await new RunningCommand(process.execPath, argv, { cwd: root, env: process.env })
    .ended;
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as ChaosReport; // As --json says.
}

describe('a run in whose midst something is killed', () => {
  it('comes to its end as if nothing had happened, in a server', { timeout }, async () => {
    const { points, violations, victims } = await sampleOf('embedded', 2);
    expect({ points, violations, kinds: victims.map(({ kind }) => kind) }).toEqual({
      points: 2,
      violations: [],
      kinds: ['server'],
    });
  });

  it.runIf(hasTemporal)('comes to its end as if nothing had happened, on Temporal', { timeout }, async () => {
    const { points, violations } = await sampleOf('temporal', 1);
    expect({ points, violations }).toEqual({ points: 1, violations: [] });
  });

  it('is refused where the command line is wrong', async () => {
    const { code, stderr } = await new RunningCommand(process.execPath, ['tools/chaos.ts', '--engine', 'none'], {
      cwd: root,
    }).ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: '--engine is embedded or temporal\n' });
  });
});
