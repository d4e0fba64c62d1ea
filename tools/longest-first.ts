import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, by far most of it waiting; the longest first. */
export const longest: readonly string[] = [
  'engine/temporal/resume.test.ts',
  'e2e/temporal-faults.test.ts',
  'engine/temporal/engine.test.ts',
  'engine/temporal/durability.test.ts',
  'e2e/temporal-examples.test.ts',
  'e2e/temporal-payloads.test.ts',
  'e2e/language-crash.test.ts',
  'tools/chaos.test.ts',
  'engine/temporal/operations.test.ts',
  'tools/fuzz-api.test.ts',
  'e2e/package.test.ts',
  'e2e/temporal-rolling.test.ts',
  'e2e/crash.test.ts',
  'runtime/capabilities/docker/agent-death.test.ts',
];

/** Folders whose tests start processes, and take longer than others of their length. */
const slowFolder = /^(?:e2e|engine\/temporal)\//u;

/**
 * The order in which files are run: those that take long first, so that none of them goes on alone at the end. Of the others vitest's, which
 * goes by what it remembers of them, and else by their lengths.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId }: TestSpecification): number => rank(relative(this.ctx.config.root, moduleId));
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

function rank(file: string): number {
  const place = longest.indexOf(file);
  if (place !== -1) return place;
  return slowFolder.test(file) ? longest.length : longest.length + 1;
}
