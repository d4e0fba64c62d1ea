import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noticesOf, summaryOf } from './command.ts';
import { placeWith, stepsOf } from './place.ts';

const long = `
name: long
on: manual
jobs:
  work:
    steps:
      - id: works
        run: |
          echo working
          until [ -e "$GO" ]; do sleep 0.05; done
        env: { GO: "\${{ vars.GO }}" }
      - id: next
        run: echo next
      - id: tidies
        if: always()
        run: echo tidied
`;

describe('a run that goes on', () => {
  function begin() {
    const place = placeWith(long);
    const go = join(place.folder, 'go');
    return { place, go, run: place.run('--var', `GO=${go}`) };
  }

  it('begins nothing new while it is paused', async () => {
    const { place, go, run } = begin();
    await run.saying('"text":"working\\n"');
    const paused = await place.command('pause', 'latest', '--reason', 'lunch');
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('is paused') });
    expect(await place.command('pause', 'latest')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('RUN_STATE'),
    });
    writeFileSync(go, '');
    await run.saying('"step_finished"');
    expect((await place.command('get', 'latest')).stdout).toMatch(/^status +paused$/m);
    expect(noticesOf({ stdout: run.stdout }).some((one) => one.type === 'step_started' && one.step === 'next')).toBe(
      false,
    );
    await place.command('resume', 'latest');
    const ended = await run.ended;
    expect(ended.code).toBe(0);
    expect(noticesOf(ended).filter(({ type }) => type === 'run_paused')).toMatchObject([
      { by: expect.stringMatching(/: lunch$/) },
    ]);
  });

  it('that is cancelled ends in order, and says who did it', async () => {
    const { place, run } = begin();
    await run.saying('"text":"working\\n"');
    const cancelled = await place.command('cancel', 'latest', '--reason', 'wrong branch');
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('is being cancelled') });
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(summaryOf(ended)).toMatchObject({ status: 'cancelled' });
    expect(stepsOf(summaryOf(ended), 'work')).toEqual({ works: 'cancelled', next: 'skipped', tidies: 'success' });
    expect(ended.stdout).toContain('wrong branch');
    const late = await place.command('cancel', 'latest');
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('has ended') });
  });

  it('that is terminated runs nothing more', async () => {
    const { place, run } = begin();
    await run.saying('"text":"working\\n"');
    const terminated = await place.command('terminate', 'latest', '--json');
    expect(JSON.parse(terminated.stdout)).toMatchObject({ operation: 'terminate', takes_effect: 'now' });
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(stepsOf(summaryOf(ended), 'work')).not.toMatchObject({ tidies: 'success' });
  });

  it('is followed by its log until it ends', async () => {
    const { place, go, run } = begin();
    await run.saying('"text":"working\\n"');
    const log = place.start('logs', 'latest', '--follow');
    await log.saying('[work/works] working\n');
    writeFileSync(go, '');
    const ended = await log.ended;
    expect(ended).toMatchObject({ code: 0, stdout: '[work/works] working\n[work/next] next\n[work/tidies] tidied\n' });
    expect(ended.stderr).toMatch(/^run-\w+ has ended: success\n$/);
    expect((await place.command('logs', 'latest', '--step', 'next')).stdout).toBe('[work/next] next\n');
    const unknown = await place.command('logs', 'latest', '--job', 'wrk');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean `work`?') });
    await run.ended;
  });
});
