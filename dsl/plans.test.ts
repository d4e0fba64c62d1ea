import { describe, expect, it } from 'vitest';
import { allJobs, allPlans } from './plans.ts';
import { compileFiles } from './testing/workflows.ts';

const { result } = compileFiles({
  'w.yml': `jobs:
  build: { steps: [{ run: make }] }
  release:
    strategy: { matrix: { region: ['eu', 'a / build', 'x) / build'] } }
    uses: ./r.yml
  again: { uses: ./r.yml }
`,
  'r.yml': 'on: workflow_call\njobs:\n  build: { steps: [{ run: make release }] }\n  deploy: { uses: ./d.yml }\n',
  'd.yml': 'on: workflow_call\njobs: { push: { steps: [{ run: make push }] } }\n',
});
const { plan } = result;
if (plan === undefined) throw new Error(JSON.stringify(result.diagnostics));

describe('the jobs of a workflow', () => {
  it('are those of the workflows that it calls, too, once for each call', () => {
    expect(Array.from(allJobs(plan), ({ key }) => key)).toEqual([
      'build',
      'release',
      'release / build',
      'release / deploy',
      'release / deploy / push',
      'again',
      'again / build',
      'again / deploy',
      'again / deploy / push',
    ]);
    const push = Array.from(allJobs(plan)).find(({ key }) => key === 'again / deploy / push');
    expect(push?.callers.map(({ job }) => job.id)).toEqual(['again', 'deploy']);
    expect(push?.plan.file).toBe('d.yml');
    expect(allPlans(plan).map(({ file }) => file)).toEqual(['w.yml', 'r.yml', 'd.yml']);
  });
});
