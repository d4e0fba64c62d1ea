import { describe, expect, it } from 'vitest';
import type { MeasuredFigure } from './figure.ts';
import { quantity, renderReport } from './table.ts';

const figure: MeasuredFigure = {
  what: 'a warm step',
  unit: 'ms',
  samples: [1, 2, 3],
  floors: [{ what: 'a bare isolate', unit: 'ms', samples: [0.5] }],
  budgets: [{ statistic: 'p50', most: 4 }],
  load: 'load average 7.1',
};

describe('renderReport', () => {
  it('puts the floor beside the figure and says that its budget is kept', () => {
    const report = renderReport([figure]);
    expect(report).toMatch(
      /^a warm step +0\.500 ms +1\.00 ms +2\.00 ms +3\.00 ms +3\.00 ms +3 +p50 <= 4\.00 ms +kept$/mu,
    );
    expect(report).toMatch(/^a bare isolate +0\.500 ms +0\.500 ms +0\.500 ms +1$/mu);
    expect(report).toContain('every budget is kept');
  });

  it('says by how much a budget is missed, and why that may be', () => {
    const report = renderReport([{ ...figure, budgets: [{ statistic: 'p99', most: 2.5 }] }]);
    expect(report).toContain('MISSED');
    expect(report).toContain('missed: a warm step: p99 is 3.00 ms, the budget 2.50 ms; load average 7.1');
  });

  it('has no verdict on what has no budget', () => {
    expect(renderReport([{ ...figure, budgets: [] }])).toMatch(/^a warm step .* 3 +- +-$/mu);
  });
});

describe('quantity', () => {
  it('shows three digits that count', () => {
    expect([0.0204, 1.234, 12.34, 123.4].map((value) => quantity(value, 'ms'))).toEqual([
      '0.020 ms',
      '1.23 ms',
      '12.3 ms',
      '123 ms',
    ]);
  });
});
