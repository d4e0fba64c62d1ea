import { describe, expect, it } from 'vitest';
import { checkExpression, expressionScope, type Shape } from '../expressions/index.ts';
import { VisibleSteps } from './visible-steps.ts';

const any: Shape = { kind: 'any' };
const at = { file: 'test.yml', line: 1, column: 1 };

/** What is said of an expression in a place that sees these steps. */
function said(steps: VisibleSteps, source: string): readonly string[] {
  const scope = expressionScope('step', { steps: steps.shape });
  return checkExpression({ source, at }, scope).diagnostics.map(({ remedy }) => remedy);
}

describe('the steps that a place sees', () => {
  it('are found in any letter case, as they come and go', () => {
    const steps = new VisibleSteps();
    steps.add('Build', any);
    expect(said(steps, 'steps.build')).toEqual([]);
    const { hidden } = steps.during(() => {
      steps.add('inner', any);
      expect(said(steps, 'steps.INNER')).toEqual([]);
    });
    expect(said(steps, 'steps.inner')).toEqual([expect.stringContaining('Available here: Build.')]);
    steps.revealing(hidden, () => expect(said(steps, 'steps.Inner')).toEqual([]));
    expect(said(steps, 'steps.inner')).toHaveLength(1);
    steps.add('inner', any);
    expect(said(steps, 'steps.inner')).toEqual([]);
  });

  it('are named in the remedy for one that is not there', () => {
    const steps = new VisibleSteps();
    steps.add('build', any);
    expect(said(steps, 'steps.biuld')).toEqual(['Did you mean `build`? Available here: build.']);
  });
});
