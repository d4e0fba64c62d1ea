import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Writes vitest's totals to the file that WATERFLOW_TOTALS names, so that tools/test.ts can make them its last line. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
      }
      // A module that can't even be loaded has no failed test, but has failed.
      if (module.state() === 'failed' && counts.failed === before) counts.failed += 1;
    }
    const file = process.env['WATERFLOW_TOTALS'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}
