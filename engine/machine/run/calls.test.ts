import { describe, expect, it } from 'vitest';

import { joinEvaluated } from '../../../dsl/expressions/index.ts';
import { jobChanges, outstandingRunCommands } from '../index.ts';
import { RunDrive } from '../testing/drive.ts';
import { planOf, type WorkflowSketch } from '../testing/plans.ts';

/** A workflow that calls another for `release`. */
function calling(release: WorkflowSketch, root: Partial<WorkflowSketch> = {}): RunDrive {
  return new RunDrive(
    planOf({ jobs: { release: { calls: 'release.yml' } }, ...root, workflows: { 'release.yml': release } }),
  );
}

const twoJobs = { build: {}, test: { needs: ['build'] } };

describe('a called workflow', () => {
  it('runs its jobs under the key of the job that calls it, which ends with them', () => {
    const jobs = { release: { calls: 'release.yml' }, after: { needs: ['release'] } };
    const run = calling({ jobs: twoJobs }, { jobs });
    expect(run.started).toEqual(['release / build']);
    expect(run.startOf('release / build')).toMatchObject({
      id: 'build',
      key: 'release / build',
      name: 'release / build',
      workflow: 'release.yml',
    });
    expect(run.statuses).toEqual({
      release: 'running',
      'release / build': 'running',
      'release / test': 'waiting',
      after: 'waiting',
    });
    run.end('release / build', 'success');
    run.end('release / test', 'success');
    expect(run.startOf('after').needs).toEqual({ release: { result: 'success', outputs: {} } });
    expect(run.view('release')).toMatchObject({ status: 'success', calls: 'release.yml', started_at: 1000 });
    expect(run.view('release / test')).toMatchObject({ status: 'success', workflow: 'release.yml', id: 'test' });
  });

  it('fails the job that calls it with its error', () => {
    const run = calling({ jobs: twoJobs });
    run.end('release / build', 'failure');
    expect(run.statuses).toMatchObject({ release: 'failure', 'release / test': 'skipped' });
    expect(run.commands.at(-1)).toMatchObject({ status: 'failure', error: { message: 'release / build failed' } });
  });

  it('ends at once where all of its jobs are skipped', () => {
    const run = calling({ jobs: { build: { if: 'false' } } });
    expect(run.ended).toBe('success');
  });

  it('has the inputs of the call, checked and with defaults, and nothing else of its caller but vars', () => {
    const release = {
      inputs: { tag: { required: true }, count: { type: 'number' as const } },
      jobs: { build: { runsOn: '${{ inputs.tag }}-${{ env.PLACE }}' } },
    };
    const jobs = {
      version: {},
      release: { needs: ['version'], calls: 'release.yml', with: { tag: '${{ needs.version.outputs.tag }}' } },
    };
    const run = calling(release, { env: { PLACE: 'live' }, jobs });
    run.end('version', 'success', { tag: 'v2' });
    expect(run.startOf('release / build')).toMatchObject({
      queue: 'v2-',
      facts: { inputs: { tag: 'v2', count: null }, run_attempt: 1, vars: {} },
    });
  });

  it.each([
    ['lacks an input', {}],
    ['gives an unknown one', { tag: 'v1', tga: 'v1' }],
    ['gives a wrong type', { tag: 'v1', count: 'many' }],
  ])('fails the job that %s, at its place', (_, inputs) => {
    const release = {
      inputs: { tag: { required: true }, count: { type: 'number' as const } },
      jobs: twoJobs,
    };
    const run = calling(release, { jobs: { release: { calls: 'release.yml', with: inputs } } });
    expect(run.started).toEqual([]);
    expect(run.view('release')).toMatchObject({ status: 'failure', error: { code: 'INVALID_INPUT', line: 1 } });
  });

  it.each([
    ['one that the text matches', '^v[0-9]+$', 'success'],
    ['one that it does not match', '^x$', 'failure'],
    ['one that could be matched without end', '^(v+)+$', 'failure'],
  ])('has inputs that match their patterns: %s', (_, pattern, status) => {
    const release = { inputs: { tag: { pattern } }, jobs: { build: { if: 'false' } } };
    const run = calling(release, { jobs: { release: { calls: 'release.yml', with: { tag: 'v1' } } } });
    expect(run.ended).toBe(status);
  });

  it('gives outputs over its jobs and inputs, as texts', () => {
    const release = {
      inputs: { tag: {} },
      outputs: {
        image: '${{ inputs.tag }}:${{ jobs.build.outputs.digest }}',
        ok: "${{ jobs.test.result == 'success' }}",
      },
      jobs: twoJobs,
    };
    const jobs = { release: { calls: 'release.yml', with: { tag: 'app' } }, after: { needs: ['release'] } };
    const run = calling(release, { jobs });
    run.end('release / build', 'success', { digest: 'abc' });
    run.end('release / test', 'success');
    expect(run.startOf('after').needs).toEqual({
      release: { result: 'success', outputs: { image: 'app:abc', ok: 'true' } },
    });
  });

  it('fails where an output can not be evaluated', () => {
    const run = calling({ outputs: { bad: "${{ fromJSON('{') }}" }, jobs: { build: {} } });
    run.end('release / build', 'success');
    expect(run.view('release')).toMatchObject({ status: 'failure', error: { code: 'EVALUATION_FAILED' } });
  });

  it('is called by each cell of a matrix', () => {
    const strategy = { matrix: { place: ['eu', 'us / x'] } };
    const jobs = { release: { calls: 'release.yml', with: { tag: '${{ matrix.place }}' }, strategy } };
    const run = calling({ inputs: { tag: {} }, jobs: { build: { runsOn: '${{ inputs.tag }}' } } }, { jobs });
    expect(run.started).toEqual(['release (eu) / build', 'release (us/x) / build']);
    expect(run.startOf('release (us/x) / build').queue).toBe('us / x');
    expect(run.end('release (eu) / build', 'failure')).toMatchObject([
      { type: 'cancel_job', job: 'release (us/x) / build', reason: 'release (eu) failed, and fail-fast is on' },
    ]);
  });

  it('runs on hosts, in groups and environments of its own', () => {
    const release = {
      concurrency: 'release-${{ workflow.file }}',
      jobs: { deploy: { fleet: {}, environment: { name: 'live', approvers: [] }, concurrency: 'deploy' } },
    };
    const run = calling(release);
    expect(run.commands).toMatchObject([
      { type: 'acquire_group', group: 'release-release.yml', member: 'release / @run' },
    ]);
    expect(run.view('release / deploy').waits_for).toBe('group');
    expect(run.acquire('release-release.yml', 'release / @run')).toMatchObject([
      { type: 'await_signal', awaited: { name: 'approval:release / deploy', job: 'release / deploy' } },
    ]);
    expect(run.decide('release / deploy', 'approve').at(-1)).toEqual({
      type: 'list_hosts',
      job: 'release / deploy',
      queue: 'local',
    });
    run.hosts('release / deploy', 'a');
    run.acquire('deploy', 'release / deploy @a');
    expect(run.end('release / deploy @a', 'success')).toEqual([
      { type: 'release_group', group: 'deploy', member: 'release / deploy @a' },
      { type: 'release_group', group: 'release-release.yml', member: 'release / @run' },
      { type: 'finish_run', status: 'success' },
    ]);
  });

  it('can not wait for a group that its caller is in', () => {
    const jobs = { release: { calls: 'release.yml', concurrency: 'g' } };
    const run = calling({ concurrency: 'G', jobs: twoJobs }, { jobs });
    run.acquire('g', 'release');
    expect(run.view('release')).toMatchObject({ status: 'failure', error: { code: 'INVALID_VALUE' } });
    expect(run.statuses['release / build']).toBe('cancelled');
  });

  it('is cancelled with the run, by the same rules as its own jobs', () => {
    const run = calling({ jobs: { ...twoJobs, clean: { needs: ['build'], if: 'always()' } } });
    const reason = 'the user asked';
    expect(run.tell({ type: 'cancel_requested', reason })).toEqual([
      { type: 'cancel_job', job: 'release / build', reason },
    ]);
    run.end('release / build', 'cancelled');
    expect(run.started).toContain('release / clean');
    run.end('release / clean', 'success');
    expect(run.view('release').status).toBe('cancelled');
    expect(run.ended).toBe('cancelled');
  });

  it('goes on in a cancelled run where the call says always()', () => {
    const run = calling({ jobs: twoJobs }, { jobs: { release: { calls: 'release.yml', if: 'always()' } } });
    expect(run.tell({ type: 'cancel_requested', reason: 'the user asked' })).toEqual([]);
    run.end('release / build', 'success');
    expect(run.started).toContain('release / test');
  });

  it('calls others', () => {
    const plan = planOf({
      jobs: { ship: { calls: 'a.yml' } },
      workflows: { 'a.yml': { jobs: { inner: { calls: 'b.yml' } } }, 'b.yml': { jobs: { build: {} } } },
    });
    const run = new RunDrive(plan);
    expect(run.started).toEqual(['ship / inner / build']);
    run.end('ship / inner / build', 'success');
    expect(run.ended).toBe('success');
    expect(Object.keys(run.statuses)).toEqual(['ship', 'ship / inner', 'ship / inner / build']);
  });
});

describe('secrets of a called workflow', () => {
  const inner = { jobs: { build: {} } };
  const middle = { jobs: { inner: { calls: 'inner.yml', secrets: { KEY: 'TOKEN' } } } };

  function factsOf(secrets: 'inherit' | Record<string, string>, given: readonly string[]) {
    const workflows = { 'middle.yml': middle, 'inner.yml': inner };
    const plan = planOf({ jobs: { call: { calls: 'middle.yml', secrets } }, workflows });
    return new RunDrive(plan, { secrets: given }).startOf('call / inner / build').facts;
  }

  it('are named anew on each level', () => {
    expect(factsOf({ TOKEN: 'DEPLOY_TOKEN' }, ['DEPLOY_TOKEN', 'OTHER'])).toMatchObject({
      secrets: ['KEY'],
      secret_names: { KEY: 'DEPLOY_TOKEN' },
    });
  });

  it('are all of the caller where they are inherited', () => {
    expect(factsOf('inherit', ['TOKEN', 'OTHER'])).toMatchObject({ secrets: ['KEY'], secret_names: { KEY: 'TOKEN' } });
    const plan = planOf({
      jobs: { call: { calls: 'inner.yml', secrets: 'inherit' } },
      workflows: { 'inner.yml': inner },
    });
    const { facts } = new RunDrive(plan, { secrets: ['A', 'B'] }).startOf('call / build');
    expect(facts.secrets).toEqual(['A', 'B']);
    expect(facts.secret_names).toBeUndefined();
  });

  it('are none that the caller does not give', () => {
    expect(factsOf({}, ['TOKEN'])).toMatchObject({ secrets: [], secret_names: {} });
  });

  it('fail the call where a required one is missing', () => {
    const workflows = { 'inner.yml': { ...inner, secrets: ['KEY'] } };
    const jobs = { call: { calls: 'inner.yml', secrets: { KEY: 'TOKEN' } } };
    const run = new RunDrive(planOf({ jobs, workflows }), { secrets: [] });
    const remedy = 'Start the run with it: `--secret TOKEN`, or in `secrets` of POST /v1/workflows.';
    expect(run.view('call').error).toMatchObject({ code: 'SECRET_MISSING', line: 1, remedy });
  });
});

describe('permissions of a called workflow', () => {
  it('are preceded by those of its callers, evaluated, from the outermost', () => {
    const plan = planOf({
      permissions: { net: [{ url: 'https://${{ inputs.host }}/*' }] },
      jobs: { a: { calls: 'a.yml', permissions: { net: [{ url: 'https://x/*' }] } } },
      workflows: { 'a.yml': { permissions: {}, jobs: { b: { calls: 'b.yml' } } }, 'b.yml': { jobs: { build: {} } } },
    });
    const { facts } = new RunDrive(plan, { inputs: { host: 'example.org' } }).startOf('a / b / build');
    const urls = facts.permissions?.map(({ layer, entries }) => [layer, (entries['net'] ?? []).map(joinEvaluated)]);
    expect(urls).toEqual([
      ['workflow', [{ url: 'https://example.org/*' }]],
      ['job', [{ url: 'https://x/*' }]],
      ['workflow', []],
    ]);
  });
});

describe('views of a called workflow', () => {
  it('change with what changes in it, and not its call', () => {
    const run = calling({ jobs: twoJobs });
    run.end('release / build', 'success');
    expect(jobChanges(run.plan, run.step).map(({ key, status }) => `${key} ${status}`)).toEqual([
      'release / build success',
      'release / test running',
    ]);
    expect(outstandingRunCommands(run.state)).toEqual([
      { type: 'start_job', job: 'release / test', start: run.startOf('release / test') },
    ]);
  });
});
