import { describe, expect, it } from 'vitest';
import { RunDrive } from '../testing/drive.ts';
import { type JobSketch, planOf } from '../testing/plans.ts';

function matrixOf(build: JobSketch, others: Readonly<Record<string, JobSketch>> = {}) {
  return planOf({ jobs: { build, ...others } });
}

const abc = { matrix: { name: ['a', 'b', 'c'] } };

describe('a job with a matrix', () => {
  it('starts a job a cell, each with its contexts', () => {
    const job = {
      name: 'on ${{ matrix.os }}',
      runsOn: '${{ matrix.os }}',
      strategy: { matrix: { os: ['linux', 'mac'], node: [24] } },
    };
    const run = new RunDrive(matrixOf(job));
    expect(run.started).toEqual(['build (linux, 24)', 'build (mac, 24)']);
    expect(run.startOf('build (mac, 24)')).toMatchObject({
      id: 'build',
      name: 'on mac',
      queue: 'mac',
      matrix: { os: 'mac', node: 24 },
      strategy: { 'fail-fast': true, 'job-index': 1, 'job-total': 2, 'max-parallel': 2 },
    });
  });

  it('gives a name that says nothing about the cell its values', () => {
    const run = new RunDrive(matrixOf({ name: 'Build', strategy: abc }));
    expect(run.startOf('build (b)').name).toBe('Build (b)');
  });

  it('makes its cells from what a job before it has found', () => {
    const strategy = { matrix: { name: '${{ fromJSON(needs.find.outputs.names) }}' } };
    const run = new RunDrive(planOf({ jobs: { find: {}, build: { needs: ['find'], strategy } } }));
    run.end('find', 'success', { names: '["x","y"]' });
    expect(run.started).toEqual(['find', 'build (x)', 'build (y)']);
  });

  it('takes a whole matrix from one expression', () => {
    const strategy = { matrix: '${{ fromJSON(inputs.matrix) }}' };
    const matrix = JSON.stringify({ os: ['linux', 'mac'], exclude: [{ os: 'mac' }], include: [{ os: 'bsd' }] });
    expect(new RunDrive(matrixOf({ strategy }), { inputs: { matrix } }).started).toEqual([
      'build (linux)',
      'build (bsd)',
    ]);
  });

  it.each([
    ['an axis that is no list', { matrix: { os: '${{ inputs.text }}' } }, 'EVALUATION_FAILED'],
    ['a whole matrix that is no object', { matrix: '${{ inputs.text }}' }, 'EVALUATION_FAILED'],
    ['an include of texts', { matrix: { os: ['linux'] }, include: ['x'] }, 'EVALUATION_FAILED'],
    ['a max-parallel of 0', { ...abc, maxParallel: '${{ fromJSON(inputs.zero) }}' }, 'EVALUATION_FAILED'],
    ['a fail-fast that is a text', { ...abc, failFast: '${{ inputs.text }}' }, 'EVALUATION_FAILED'],
    ['an expression that fails', { matrix: { os: '${{ fromJSON(inputs.text) }}' } }, 'EVALUATION_FAILED'],
    ['too many cells', { matrix: { n: Array.from({ length: 300 }, (_, n) => n) } }, 'LIMIT_EXCEEDED'],
    ['no cells', { matrix: { n: [] } }, 'EMPTY'],
  ])('fails for %s, before any cell starts', (_, strategy, code) => {
    const run = new RunDrive(matrixOf({ strategy }), { inputs: { text: 'x{', zero: '0' } });
    expect(run.started).toEqual([]);
    expect(run.view('build')).toMatchObject({ status: 'failure', error: { code, line: 1 } });
    expect(run.ended).toBe('failure');
  });

  it('is one plain job where strategy has no matrix', () => {
    expect(new RunDrive(matrixOf({ strategy: { failFast: false } })).started).toEqual(['build']);
  });
});

describe('max-parallel', () => {
  it('starts the next cell when one has ended', () => {
    const run = new RunDrive(matrixOf({ strategy: { ...abc, maxParallel: 2 } }));
    expect(run.statuses).toEqual({ 'build (a)': 'running', 'build (b)': 'running', 'build (c)': 'queued' });
    run.end('build (b)', 'success');
    expect(run.started).toEqual(['build (a)', 'build (b)', 'build (c)']);
  });

  it('ends queued cells at once when the run is cancelled', () => {
    const run = new RunDrive(matrixOf({ strategy: { ...abc, maxParallel: 1 } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    expect(run.view('build (c)')).toMatchObject({ status: 'cancelled', attempts: 0, error: { code: 'CANCELLED' } });
    run.end('build (a)', 'cancelled');
    expect(run.ended).toBe('cancelled');
  });

  it('still starts queued cells of a cancelled run whose job says always()', () => {
    const run = new RunDrive(matrixOf({ if: 'always()', strategy: { ...abc, maxParallel: 1 } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    for (const name of ['a', 'b', 'c']) run.end(`build (${name})`, 'success');
    expect(run.started).toHaveLength(3);
    expect(run.ended).toBe('cancelled');
  });
});

describe('fail-fast', () => {
  it('cancels the cells that run, each once, and ends those that wait', () => {
    const run = new RunDrive(matrixOf({ strategy: { matrix: { name: ['a', 'b', 'c', 'd'] }, maxParallel: 3 } }));
    const reason = 'build (a) failed, and fail-fast is on';
    expect(run.end('build (a)', 'failure')).toEqual([
      { type: 'cancel_job', job: 'build (b)', reason },
      { type: 'cancel_job', job: 'build (c)', reason },
    ]);
    expect(run.statuses['build (d)']).toBe('cancelled');
    expect(run.end('build (b)', 'failure')).toEqual([]);
    expect(run.end('build (c)', 'cancelled')).toMatchObject([{ type: 'finish_run', status: 'failure' }]);
  });

  it('lets all cells end where it is off', () => {
    const run = new RunDrive(matrixOf({ strategy: { ...abc, failFast: false } }));
    expect(run.end('build (a)', 'failure')).toEqual([]);
    run.end('build (b)', 'success');
    run.end('build (c)', 'success');
    expect(run.ended).toBe('failure');
  });
});

describe('what a job with a matrix gives to those that need it', () => {
  const after = { needs: ['build'], if: 'always()' };

  it('has failed if one cell has', () => {
    const run = new RunDrive(matrixOf({ strategy: { ...abc, failFast: false } }, { after }));
    run.end('build (a)', 'success');
    run.end('build (b)', 'failure');
    run.end('build (c)', 'cancelled');
    expect(run.startOf('after').needs).toMatchObject({ build: { result: 'failure' } });
  });

  it('gives of each output the value that came last and was not empty', () => {
    const run = new RunDrive(matrixOf({ strategy: abc }, { after }));
    run.end('build (c)', 'success', { one: 'c', two: 'c', three: null });
    run.end('build (a)', 'success', { one: 'a', two: '', three: '' });
    run.end('build (b)', 'success', { two: null, four: 0 });
    expect(run.startOf('after').needs).toEqual({
      build: { result: 'success', outputs: { one: 'a', two: 'c', three: null, four: 0 } },
    });
  });
});
