import { describe, expect, it } from 'vitest';
import { folderWith, start, waterflow } from './command.ts';
import { scenarios } from './crash-scenarios.ts';
import { isEveryCrash } from './every-crash.ts';
import { Stage } from './killed-run.ts';
import { expectSameEnd, stepsIn, undisturbed } from './same-end.ts';
import { thousand } from './thousand-iterations.ts';

/** How often each scenario is played, the first kill of each at another point. */
const points = isEveryCrash ? 2 : 1;

describe('a run that is killed several times', () => {
  it.each(scenarios)('in the middle of $name comes to the same end', { timeout: 300_000 }, async (scenario) => {
    const whole = await undisturbed(scenario);
    for (let point = 0; point < points; point += 1) {
      const first = 1 + Math.floor((point * (whole.lines - 3)) / points);
      const kills = [first, 3, 6].map((lines, index) => ({ lines, thenMs: index * 10 }));
      expect(await expectSameEnd(scenario, kills, whole)).toBeGreaterThan(0);
    }
  });

  it('in the middle of a for-each of a thousand iterations ends with each of them once, in order', {
    timeout: 600_000,
  }, async () => {
    const kills = isEveryCrash ? [400, 900, 500, 30] : [900];
    const stage = new Stage(thousand);
    const [played] = await stage.play(kills.map((lines) => ({ lines, thenMs: 5 })));
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    const ran = numbers.map((number) => (number % 10 === 7 ? String(number) : null));
    expect(played).toMatchObject({ again: [], audit: 'intact', kills: kills.length, status: 'success' });
    expect(played?.stepOutputs['loop/all']).toEqual({ seen: numbers, ran });
    expect(stepsIn(stage.ledger())).toHaveLength(100);
  });
});

it('an audit log that a killed process left open is closed by who resumes its run, also where only waiting was left', async () => {
  const folder = folderWith({
    'w.yml': `
name: asks
on: manual
jobs:
  build:
    steps:
      - run: echo built
      - { id: review, uses: approval@v1 }
`,
  });
  const run = start(['run', 'w.yml', '--state', 'state', '--json'], { cwd: folder });
  await run.saying('"type":"awaiting"');
  run.kill('SIGKILL');
  await run.ended;
  const verdict = async () => {
    const { stdout } = await waterflow(['audit', 'verify', 'latest', '--state', 'state', '--json'], { cwd: folder });
    // What `audit verify --json` prints.
    return (JSON.parse(stdout) as { readonly kind: string }).kind;
  };
  expect(await verdict()).toBe('unfinished');
  await waterflow(['approve', 'latest', '--state', 'state'], { cwd: folder });
  const resumed = await waterflow(['run', '--resume', 'latest', '--state', 'state'], { cwd: folder });
  expect(resumed.code).toBe(0);
  expect(await verdict()).toBe('intact');
});

it('an audit log that a killed process left open is closed when its run is terminated', async () => {
  const folder = folderWith({
    'w.yml': 'jobs: { a: { steps: [{ run: echo built }, { uses: approval@v1 }] } }\n',
  });
  const run = start(['run', 'w.yml', '--state', 'state', '--json'], { cwd: folder });
  await run.saying('"type":"awaiting"');
  run.kill('SIGKILL');
  await run.ended;
  expect(await waterflow(['terminate', 'latest', '--state', 'state'], { cwd: folder })).toMatchObject({ code: 0 });
  const verified = await waterflow(['audit', 'verify', 'latest', '--state', 'state'], { cwd: folder });
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('the chain holds') });
});
