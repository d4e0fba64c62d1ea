import { describe, expect, it } from 'vitest';
import { frozenWorkflows, keptPlanOf, lossesIn, planOf } from './frozen-language.ts';

describe('a workflow file of version 1 of the language', () => {
  it.each(frozenWorkflows())('%s is read without fault, and has the plan that it had', (file) => {
    const { plan, diagnostics } = planOf(file);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(lossesIn(keptPlanOf(file), plan)).toEqual([]);
  });

  it('has a plan that may say more, and nothing less or else', () => {
    const kept = { jobs: { a: { steps: [{ uses: 'run@v1' }] } } };
    expect(lossesIn(kept, { jobs: { a: { steps: [{ uses: 'run@v1', more: true }], queue: 'x' } } })).toEqual([]);
    expect(lossesIn(kept, { jobs: { a: { steps: [] } } })).toEqual(['/jobs/a/steps: []']);
    expect(lossesIn(kept, { jobs: { a: { steps: [{ uses: 'run@v2' }] } } })).toEqual([
      '/jobs/a/steps/0/uses: "run@v2", not "run@v1"',
    ]);
    expect(lossesIn(kept, { jobs: {} })).toEqual(['/jobs/a: undefined']);
  });
});
