import { describe, expect, it } from 'vitest';

import { outlineOf, planOf } from '../plan/testing/planned.ts';

const reviewed = `
on: { manual: { inputs: { fast: { type: boolean }, tag: { required: true } } } }
jobs:
  build:
    steps:
      - { id: compile, run: make }
      - { id: test, run: make test, if: "!inputs.fast" }
  deploy:
    needs: build
    steps: [{ id: ship, run: ship }]
`;

describe('waterflow plan --simulate', () => {
  it('shows in order what runs, what is skipped by which values, and the end', async () => {
    const argv = ['--input', 'tag=v1', '--simulate', 'build.test=failure'];
    const { code, stdout } = await planOf(reviewed, argv);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'simulation of w.yml',
      '  ▸ build starts on local',
      '  ▸   build.compile run@v1',
      '  ✓   build.compile success',
      '  ▸   build.test run@v1',
      '  ✗   build.test failure: STEP_FAILED, it fails, as simulated',
      '  ✗ build failure: STEP_FAILED, it fails, as simulated',
      '  - deploy skipped: success() is false, since needs.build.result = "failure"',
      '',
      '✗ failure after 0ms of virtual time',
      '',
    ]);
  });

  it('is a part of the JSON', async () => {
    const argv = ['--input', 'tag=v1', '--input', 'fast=true', '--simulate', ''];
    const { simulation } = await outlineOf(reviewed, argv);
    expect(simulation).toMatchObject({ status: 'success', jobs: { deploy: { status: 'success' } } });
    expect(simulation?.moments).toContainEqual({
      at_ms: 0,
      type: 'step_finished',
      job: 'build',
      step: 'test',
      outcome: 'skipped',
      conclusion: 'skipped',
      attempts: 0,
      outputs: {},
      skip_reason: {
        condition: 'success() && (!inputs.fast)',
        read: [{ path: 'inputs.fast', value: true }],
        result: false,
      },
    });
  });

  it('times out as the manifest says', async () => {
    const { simulation } = await outlineOf(
      'jobs: { a: { steps: [{ id: ask, uses: http@v1, with: { url: "https://a.example" } }] } }',
      ['--simulate', 'a.ask=timeout'],
    );
    expect(simulation?.duration_ms).toBeGreaterThan(0);
    expect(simulation?.jobs['a']?.error?.code).toBe('TIMEOUT');
  });

  it.each([
    [['--simulate', 'biuld=failure', '--input', 'tag=v1'], 'Did you mean `build`?'],
    [['--simulate', ''], 'MISSING_INPUT'],
    [['--hosts', 'web=a'], '--hosts is for a simulation'],
    [['--simulate', '', '--mermaid'], "cannot be used with option '--mermaid'"],
    [['--simulate', '', '--input', 'tag=v1', '--hosts', 'web=a'], 'no fleet runs on the queue `web`'],
  ])('refuses %j', async (argv, told) => {
    const { code, stdout, stderr } = await planOf(reviewed, argv);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
  });

  it('says that a run waits for ever', async () => {
    const { stdout } = await planOf('jobs: { a: { steps: [{ id: ask, uses: approval@v1 }] } }', [
      '--simulate',
      'ask=unanswered',
    ]);
    expect(stdout).toContain(
      '\n  · a.ask waits for approval by anybody\n\n· waits for ever: nobody sends what it waits for\n',
    );
  });

  it('takes hosts of fleets', async () => {
    const fleet = 'jobs: { a: { runs-on: { queue: web, hosts: all, batch: 1 }, steps: [{ run: ls }] } }';
    const argv = ['--simulate', 'a @w2=failure', '--hosts', 'web=w1,w2,w3'];
    const { simulation } = await outlineOf(fleet, argv);
    expect(simulation?.jobs).toMatchObject({
      'a @w1': { status: 'success' },
      'a @w2': { status: 'failure' },
      'a @w3': { status: 'cancelled', attempts: 0 },
    });
    expect(simulation?.assumed).toEqual([]);
  });
});
