import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jobs } from '../machine/job/testing/sketches.ts';
import { planOf } from '../machine/testing/plans.ts';
import { runWorkflows } from '../machine/testing/run-sketches.ts';
import { workflows } from '../machine/testing/sketches.ts';
import { parseScript } from './script.ts';
import { simulate } from './simulate.ts';
import { ends, momentsOf, simulated } from './testing/simulated.ts';

const chain = {
  jobs: {
    build: { steps: [{ id: 'compile' }, { id: 'pack' }] },
    deploy: { needs: ['build'], steps: [{ id: 'ship' }] },
    report: { needs: ['deploy'], if: 'always()', steps: [{ id: 'tell' }] },
  },
};

describe('a simulated run', () => {
  it('goes well where the script says nothing, in no time', () => {
    const run = simulated(chain);
    expect(run).toMatchObject({ status: 'success', duration_ms: 0, assumed: [], unused: [] });
    expect(ends(run)).toEqual([
      'build.compile success',
      'build.pack success',
      'build success',
      'deploy.ship success',
      'deploy success',
      'report.tell success',
      'report success',
    ]);
  });

  it('shows what a failure skips, by which condition and which values', () => {
    const run = simulated(chain, 'build.compile=failure');
    expect(run.status).toBe('failure');
    expect(ends(run)).toEqual([
      'build.compile failure',
      'build.pack skipped',
      'build failure',
      'deploy skipped',
      'report.tell success',
      'report success',
    ]);
    expect(run.jobs['deploy']?.skip_reason).toMatchObject({
      condition: 'success()',
      read: [{ path: 'needs.build.result', value: 'failure' }],
    });
  });

  it('lets the first step that counts bear what happens to a job', () => {
    const sketch = { jobs: { build: { steps: [{ id: 'lint', goesOn: true }, { id: 'compile' }] } } };
    expect(ends(simulated(sketch, 'build=failure'))).toEqual([
      'build.lint success',
      'build.compile failure',
      'build failure',
    ]);
  });

  it('waits out a backoff in virtual time, and gives each attempt its own result', () => {
    const sketch = { jobs: { build: { steps: [{ id: 'fetch', retry: { attempts: 5 } }] } } };
    const run = simulated(sketch, 'build.fetch=failure>timeout>success');
    expect(run.status).toBe('success');
    expect(momentsOf(run, 'step_retrying').map(({ attempt, delay_ms }) => [attempt, delay_ms])).toEqual([
      [1, 1000],
      [2, 2000],
    ]);
    // The second attempt takes as long as the node's timeout is by default.
    expect(run.duration_ms).toBe(63_000);
  });

  it('times out by the limit of the step, and after the time that it is said to take', () => {
    const sketch = {
      jobs: {
        build: {
          steps: [
            { id: 'a', timeout: 2 },
            { id: 'b', if: 'always()' },
          ],
        },
      },
    };
    expect(simulated(sketch, 'build.a=timeout').duration_ms).toBe(120_000);
    const slow = simulated(sketch, 'build.a.takes=3m, build.b.takes=30s');
    expect(ends(slow)).toEqual(['build.a failure', 'build.b success', 'build failure']);
    expect(slow.duration_ms).toBe(150_000);
  });

  it('starts a job anew whose agent is lost, where it has a retry', () => {
    const sketch = { jobs: { build: { retry: { attempts: 2 }, steps: [{ id: 'a' }, { id: 'b' }] } } };
    const run = simulated(sketch, 'build.b=lost>success');
    expect(run.status).toBe('success');
    expect(momentsOf(run, 'job_started').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(momentsOf(run, 'job_retrying')).toMatchObject([{ at_ms: 120_000, error: { code: 'AGENT_LOST' } }]);
  });

  it('cancels the run while a step runs, and lets always() tidy up', () => {
    const sketch = { jobs: { build: { steps: [{ id: 'a' }, { id: 'b' }, { id: 'clean', if: 'always()' }] } } };
    const run = simulated(sketch, 'build.a=cancelled');
    expect(run.status).toBe('cancelled');
    expect(ends(run)).toEqual(['build.a cancelled', 'build.b skipped', 'build.clean success', 'build cancelled']);
  });

  it('gives outputs to what follows, as texts or as JSON', () => {
    const list = '${{ fromJSON(steps.list.outputs.items) }}';
    const sketch = { jobs: { build: { steps: [{ id: 'list' }, { id: 'loop', items: list, steps: [{ id: 'do' }] }] } } };
    const run = simulated(sketch, 'build.list.outputs.items=["a","b"], build.loop[1].do=failure');
    expect(ends(run)).toContain('build.loop[0].do success');
    expect(ends(run)).toContain('build.loop[1].do failure');
    const flag = { jobs: { build: { steps: [{ id: 'check' }, { id: 'go', if: 'steps.check.outputs.n > 2' }] } } };
    expect(ends(simulated(flag, 'build.check.outputs.n:=3'))).toContain('build.go success');
    expect(ends(simulated(flag, 'build.check.outputs.n:=1'))).toContain('build.go skipped');
  });

  it('knows a step without its job, where no other job has it', () => {
    const run = simulated(chain, 'pack=failure, compile.takes=1s, ship.outputs.x=1');
    expect(run.jobs['build']).toMatchObject({ status: 'failure' });
    expect(run).toMatchObject({ duration_ms: 1000, unused: ['ship.outputs.x=1'] });
  });

  it('says which parts of the script nothing met', () => {
    const run = simulated(chain, 'build=failure, deploy.ship=timeout, build (linux).pack=failure');
    expect(run.unused).toEqual(['deploy.ship=timeout', 'build (linux).pack=failure']);
  });
});

describe('a simulated matrix', () => {
  const matrix = (failFast: boolean) => ({
    jobs: { test: { strategy: { matrix: { os: ['linux', 'mac', 'win'] }, failFast, maxParallel: 2 } } },
  });

  it('fails one cell, and cancels the others with fail-fast', () => {
    expect(ends(simulated(matrix(true), 'test (mac)=failure'))).toEqual([
      'test (linux).0 success',
      'test (linux) success',
      'test (mac).0 failure',
      'test (mac) failure',
      'test (win).0 skipped',
      'test (win) cancelled',
    ]);
    expect(simulated(matrix(false), 'test (mac)=failure').jobs['test (win)']?.status).toBe('success');
  });
});

describe('a simulated fleet', () => {
  const fleet = { jobs: { deploy: { runsOn: 'web', fleet: { canary: 1, batch: 2, failures: 1 } } } };

  it('goes host by host over the hosts that it is given', () => {
    const run = simulated(fleet, 'deploy @web-2=failure', { hosts: ['web=web-1,web-2,web-3,web-4'] });
    expect(run.status).toBe('success');
    expect(momentsOf(run, 'job_started').map(({ host }) => host)).toEqual(['web-1', 'web-2', 'web-3', 'web-4']);
  });

  it('stops at a canary that fails, on made-up hosts that it tells of', () => {
    const run = simulated(fleet, 'deploy @web-1=failure');
    expect(run.assumed).toEqual(['the queue web has the hosts web-1, web-2, web-3']);
    expect(run.jobs['deploy @web-2']).toMatchObject({ status: 'cancelled', attempts: 0 });
  });

  it('understands names of hosts with dots', () => {
    const hosts = { hosts: ['web=a.example.com,b.example.com'] };
    const run = simulated(fleet, 'deploy @b.example.com=failure, deploy @a.example.com.0.takes=1s', hosts);
    expect(run.unused).toEqual([]);
    expect(run.duration_ms).toBe(1000);
  });
});

describe('those who are waited for', () => {
  const gate = { jobs: { deploy: { environment: { name: 'live', approvers: ['ann'], timeout: 60_000 } } } };
  const review = {
    jobs: {
      release: {
        steps: [
          { id: 'draft' },
          { id: 'review', uses: 'approval@v1', with: { approvers: ['ann'] } },
          { id: 'publish' },
        ],
      },
    },
  };

  it('approve, as an approver', () => {
    const run = simulated(gate);
    expect(run.status).toBe('success');
    expect(momentsOf(run, 'signal_received')).toMatchObject([
      { signal: { by: 'ann', payload: { decision: 'approve' } } },
    ]);
  });

  it('reject, or do not decide', () => {
    expect(simulated(gate, 'deploy=reject').jobs['deploy']?.error?.code).toBe('REJECTED');
    const late = simulated(gate, 'deploy=unanswered');
    expect(late).toMatchObject({ status: 'failure', duration_ms: 60_000 });
    expect(late.jobs['deploy']?.error?.code).toBe('TIMEOUT');
    expect(simulated(review, 'release.review=unanswered')).toMatchObject({ status: 'waiting' });
  });

  it('push back once, and are content then', () => {
    const drafts = (script: string) =>
      momentsOf(simulated(review, script), 'step_started').filter(({ step }) => step === 'draft').length;
    expect(drafts('release.review=push-back')).toBe(2);
    expect(drafts('release.review=push-back(draft)>push-back')).toBe(3);
    expect(drafts('release=reject')).toBe(1);
    expect(simulated(review, 'release=reject').jobs['release']?.error?.code).toBe('REJECTED');
  });

  it('send a payload that fits its schema, or nothing', () => {
    const schema = { type: 'object', required: ['ok'] };
    const wait = { uses: 'wait-for@v1', id: 'hook', with: { signal: 'paid', schema, timeout: '1h' } };
    const sketch = { jobs: { pay: { steps: [wait] } } };
    const silent = simulated(sketch);
    expect(silent).toMatchObject({ status: 'failure', duration_ms: 3_600_000 });
    expect(silent.assumed).toEqual([
      'nobody sends the signal paid: give a payload that fits its schema, as pay.hook.payload:={…}',
    ]);
    expect(simulated(sketch, 'pay.hook.payload:={"ok": true}')).toMatchObject({ status: 'success', duration_ms: 0 });
  });
});

describe('groups and calls', () => {
  it('lets jobs of one group run one after another', () => {
    const job = { concurrency: 'db', steps: [{ id: 'a' }] };
    const run = simulated({ jobs: { one: job, two: job } }, 'one.a.takes=10s');
    expect(momentsOf(run, 'group_waiting')).toMatchObject([{ job: 'two', group: 'db', at_ms: 0 }]);
    expect(momentsOf(run, 'job_started').map(({ job: key, at_ms }) => [key, at_ms])).toEqual([
      ['one', 0],
      ['two', 10_000],
    ]);
  });

  it('goes into called workflows', () => {
    const sketch = {
      workflows: { 'other.yml': { jobs: { build: { steps: [{ id: 'compile' }] }, sign: { needs: ['build'] } } } },
      jobs: { release: { calls: 'other.yml' } },
    };
    expect(ends(simulated(sketch, 'release / build.compile=failure'))).toEqual([
      'release / build.compile failure',
      'release / build failure',
      'release / sign skipped',
      'release failure',
    ]);
    expect(simulated(sketch, 'release=failure').jobs['release / build']?.status).toBe('failure');
  });
});

const places = ['j0', 'j1', 'j2.s0', 'j0.s0', 'j0.s1', 'j0.s0[1].s0', 'j1 (a)', 'j0 / j0', 'j1 @a.0'];
const outcomes = 'success failure timeout denied limit lost cancelled approve reject unanswered push-back'.split(' ');
/** An entry of a script, which may or may not fit a workflow. */
const entry = fc
  .tuple(fc.constantFrom(...places), fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 3 }))
  .map(([place, results]) => `${place}=${results.join('>')}`);

describe('a simulation', () => {
  it('ends for every workflow and every script, the same way each time', () => {
    const nested = jobs.map((job) => ({ jobs: { j0: job } }));
    fc.assert(
      fc.property(fc.oneof(workflows, runWorkflows, nested), fc.array(entry, { maxLength: 6 }), (sketch, written) => {
        const plan = planOf(sketch);
        const hosts = { web: ['a', 'b'] };
        const entries = written.flatMap((text) => {
          const parsed = parseScript(plan, { simulate: [text], hosts: [] });
          return 'ok' in parsed ? parsed.ok.entries : [];
        });
        const request = { script: { entries, hosts }, inputs: {}, vars: {} };
        const first = simulate(plan, request);
        // What is left is a push-back to where there is no step, or a payload that doesn't fit.
        expect('ok' in first ? first.ok.moments.length > 0 : first.error.code === 'SIGNAL_REFUSED').toBe(true);
        expect(simulate(plan, request)).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  it('stops at more events than anybody reads', () => {
    const loop = { id: 'loop', items: '${{ fromJSON(inputs.items) }}', concurrency: 4, steps: [{}] };
    const items = JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index));
    const plan = planOf({ jobs: { a: { steps: [loop] } } });
    const request = { script: { entries: [], hosts: {} }, inputs: { items }, vars: {} };
    expect(simulate(plan, request)).toMatchObject({ error: { code: 'LIMIT_EXCEEDED' } });
  }, 120_000);
});
