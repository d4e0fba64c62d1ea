import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { canMount, fillDisk, smallDisk } from '../runtime/audit/testing/small-disk.ts';
import { endOf, presenceOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { needs } from './require.ts';

/** Ends at once where the file is there; else makes it, and goes on for so long: a number of seconds that no other process has. */
const onceLong = (file: string, seconds: string): string => `
name: faults
on: manual
jobs:
  work:
    runs-on: work
    retry: { attempts: 2, initial-interval: 1s, on: [lost] }
    steps:
      - id: step
        run: |
          test -e ${file} && exit 0
          touch ${file}
          sleep ${seconds}
`;

/** Whether a process sleeps for so long. */
function sleeps(seconds: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
      } catch {
        return false;
      }
    });
}

async function begun(seconds: string): Promise<void> {
  await expect.poll(() => sleeps(seconds)).toBe(true);
}

const job = (script: string): string => `
name: full
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - id: step
        run: |
${script.replaceAll(/^/gmu, '          ')}
`;

/** Fills the agent's disk, writes while it is full, makes room, and writes on. */
const filling = `echo before
sleep 0.2
cat /dev/zero > ballast || true
for i in 1 2 3 4 5 6 7 8; do printf "%05000d\\n" "$i"; sleep 0.1; done
rm ballast
sleep 0.2
echo after`;

describe.skipIf(!(await needs('temporal')))('an agent that something happens to', { timeout: 120_000 }, () => {
  const suite = worldOfSuite();

  it('is killed: nothing of its steps is left, and its successor has the job started again at once', async () => {
    const { world, folder } = suite();
    const file = join(folder, 'killed');
    const first = await startAgentOf(world, { name: 'mortal' });
    const run = await world.run(onceLong(file, '61.01'), { lostAfterMs: 600_000 });
    await begun('61.01');
    first.process.kill('SIGKILL');
    await expect.poll(() => sleeps('61.01')).toBe(false);
    const work = join(first.state, run.run, 'work');
    expect(readdirSync(work)).toEqual(['1']);
    const second = await startAgentOf(world, { name: 'mortal', state: first.state });
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 2 });
    await expect.poll(() => readdirSync(work)).toEqual([]);
    second.process.kill('SIGTERM');
    expect((await second.process.ended).code).toBe(0);
  });

  it('does not reach Temporal for less than lost-after: the step goes on', async () => {
    const { world, folder } = suite();
    const file = join(folder, 'short');
    const { process } = await startAgentOf(world, { name: 'short' });
    const run = await world.run(onceLong(file, '8.02'), { lostAfterMs: 6000 });
    await begun('8.02');
    await world.temporal.stop('immediate');
    await sleep(1500);
    expect(sleeps('8.02')).toBe(true);
    await world.temporal.start();
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 1 });
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });

  it('does not reach Temporal for longer: it kills the step before that may start elsewhere, and takes jobs again', async () => {
    const { world, folder } = suite();
    const file = join(folder, 'long');
    const { process } = await startAgentOf(world, { name: 'long' });
    const run = await world.run(onceLong(file, '61.03'), { lostAfterMs: 6000 });
    await begun('61.03');
    const at = performance.now();
    await world.temporal.stop('immediate');
    await expect.poll(() => sleeps('61.03'), { timeout: 6000, interval: 20 }).toBe(false);
    expect(performance.now() - at).toBeLessThan(6000);
    await sleep(7000 - (performance.now() - at));
    await world.temporal.start();
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 2 });
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });

  it('stops where another one comes under its name, and that one takes its jobs', async () => {
    const { world, folder } = suite();
    const file = join(folder, 'name');
    const older = await startAgentOf(world, { name: 'twin' });
    const run = await world.run(onceLong(file, '61.04'));
    await begun('61.04');
    await presenceOf(world, 'twin', 'online');
    await startAgentOf(world, { name: 'twin' });
    const { code, stderr } = await older.process.ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('another agent took the name twin') });
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 2 });
  });

  it('refuses to share its state with another one', async () => {
    const { world } = suite();
    const { state } = await startAgentOf(world, { name: 'alone' });
    const other = startAgentOf(world, { name: 'other', state });
    await expect(other).rejects.toThrow(/another waterflow agent uses the state folder/u);
  });

  it.runIf(canMount())(
    'has a full disk: it lives on, says what is missing of logs, and takes no jobs until there is room',
    async () => {
      const { world } = suite();
      using disk = smallDisk('12m');
      const { process } = await startAgentOf(world, { name: 'full', state: disk.folder });
      const filled = await world.run(job(filling));
      const summary = await endOf(filled);
      expect(summary.jobs['work']).toMatchObject({ status: 'success' });
      const lines = readFileSync(join(disk.folder, filled.run, 'log.ndjson'), 'utf8')
        .trimEnd()
        .split('\n');
      // Each is whole.
      const text = lines.map((line) => String(JSON.parse(line).text)).join('');
      expect(text).toMatch(/^before\n.*characters of the log are missing here: the agent's disk was full.*after\n$/su);

      fillDisk(disk.folder);
      const refused = [];
      for (let tries = 0; tries < 10 && !process.stderr.includes('no jobs are taken'); tries += 1) {
        refused.push(await endOf(await world.run(job('true'))));
      }
      expect(process.stderr).toContain('no jobs are taken');
      expect(process.stderr.match(/log of a step is not kept/gu)).toHaveLength(1);
      for (const { jobs } of refused) expect(JSON.stringify(jobs['work'])).toContain('STORAGE_FULL');
      const waiting = await world.run(job('true'));
      rmSync(join(disk.folder, 'ballast'));
      expect((await endOf(waiting)).jobs['work']).toMatchObject({ status: 'success' });
      await expect.poll(() => process.stderr).toContain('there is room again');
      process.kill('SIGTERM');
      expect((await process.ended).code).toBe(0);
    },
  );
});
