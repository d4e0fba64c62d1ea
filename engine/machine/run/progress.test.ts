import { describe, expect, it } from 'vitest';
import { runProgress, startRun } from '../index.ts';
import { RunDrive } from '../testing/drive.ts';
import { planOf } from '../testing/plans.ts';

const live = { name: 'live', approvers: ['ann'] };

describe('how far a run is', () => {
  it('waits for an approval where nothing else goes on', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, deploy: { environment: live } } }));
    expect(runProgress(run.state)).toBe('running');
    run.end('build', 'success');
    expect(runProgress(run.state)).toBe('waiting');
    run.decide('deploy', 'approve');
    expect(runProgress(run.state)).toBe('running');
    run.end('deploy', 'failure');
    expect(runProgress(run.state)).toBe('failure');
  });

  it('is queued before it begins, and while it or all that is left of it waits for a group', () => {
    expect(runProgress(startRun())).toBe('queued');
    const run = new RunDrive(planOf({ concurrency: 'whole', jobs: { build: {}, deploy: { concurrency: 'live' } } }));
    expect(runProgress(run.state)).toBe('queued');
    run.acquire('whole');
    expect(runProgress(run.state)).toBe('running');
    run.end('build', 'success');
    expect(runProgress(run.state)).toBe('queued');
    run.acquire('live', 'deploy');
    expect(runProgress(run.state)).toBe('running');
  });

  it('counts the jobs of workflows that it calls', () => {
    const release = { jobs: { build: {}, deploy: { needs: ['build'], environment: live } } };
    const jobs = { release: { calls: 'release.yml' } };
    const run = new RunDrive(planOf({ jobs, workflows: { 'release.yml': release } }));
    expect(runProgress(run.state)).toBe('running');
    run.end('release / build', 'success');
    expect(runProgress(run.state)).toBe('waiting');
    run.decide('release / deploy', 'approve');
    expect(runProgress(run.state)).toBe('running');
  });

  it('is paused, whatever waits', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live } } }));
    run.tell({ type: 'pause_requested', by: 'ann' });
    expect(runProgress(run.state)).toBe('paused');
    run.tell({ type: 'resume_requested', by: 'ann' });
    expect(runProgress(run.state)).toBe('waiting');
  });
});
