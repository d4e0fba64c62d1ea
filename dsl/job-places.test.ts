import { describe, expect, it } from 'vitest';
import { compileFiles } from './testing/workflows.ts';
import { placeOfJob } from './job-places.ts';

const { result } = compileFiles({
  'w.yml': `jobs:
  build: { steps: [{ run: make }] }
  release:
    strategy: { matrix: { region: ['eu', 'a / build it', 'x) / build'] } }
    uses: ./r.yml
  again: { uses: ./r.yml }
`,
  'r.yml': 'on: workflow_call\njobs:\n  build: { steps: [{ run: make release }] }\n  deploy: { uses: ./d.yml }\n',
  'd.yml': 'on: workflow_call\njobs: { push: { steps: [{ run: make push }] } }\n',
});
const { plan } = result;
if (plan === undefined) throw new Error(JSON.stringify(result.diagnostics));

describe('the job that a key of a run means', () => {
  it.each([
    ['build', 'w.yml', 'build', []],
    ['release (eu)', 'w.yml', 'release', []],
    ['release (eu) / build', 'r.yml', 'build', ['release (eu)']],
    ['release (a / build it)', 'w.yml', 'release', []],
    [
      'release (a / build it) / deploy / push',
      'd.yml',
      'push',
      ['release (a / build it)', 'release (a / build it) / deploy'],
    ],
    ['release (x) / build) / deploy', 'r.yml', 'deploy', ['release (x) / build)']],
    ['again / deploy / push @web-3', 'd.yml', 'push', ['again', 'again / deploy']],
    ['again / run', 'w.yml', 'again', []],
  ] as const)('is found: %s', (key, file, id, callers) => {
    const placed = placeOfJob(plan, key);
    expect([placed?.job.at.file, placed?.job.id, placed?.callers]).toEqual([file, id, callers]);
  });

  it('is not found by a key that no job has', () => {
    expect(placeOfJob(plan, 'nothing')).toBeUndefined();
  });
});
