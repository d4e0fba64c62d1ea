import { describe, expect, it } from 'vitest';
import { addReport, type Coverage, percentOf, writeReport } from './lcov.ts';

describe('coverage reports', () => {
  it('are added up by file and line', () => {
    const coverage: Coverage = new Map();
    addReport(coverage, 'TN:\nSF:a.ts\nDA:2,1\nDA:1,0\nend_of_record\nSF:b.ts\nDA:1,0\nend_of_record\n');
    addReport(coverage, 'SF:a.ts\nDA:2,2\nDA:3,1\nend_of_record\n');
    expect(writeReport(coverage)).toBe(
      'SF:a.ts\nDA:1,0\nDA:2,3\nDA:3,1\nend_of_record\nSF:b.ts\nDA:1,0\nend_of_record\n',
    );
    expect(percentOf(coverage.values())).toBe(50);
    expect(percentOf([])).toBe(100);
  });
});
