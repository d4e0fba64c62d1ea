import { expect, test } from 'vitest';
import { userNamespaceFilter } from './user-namespace-filter.ts';

test.each(['x64', 'arm64'])(
  'the filter for %s is whole instructions that end in an answer, with jumps that stay inside',
  (arch) => {
    const bytes = Buffer.from(userNamespaceFilter(arch) ?? []);
    const count = bytes.length / 8;
    expect(Number.isInteger(count) && count > 0).toBe(true);
    const targets = Array.from(
      { length: count },
      (_, index) => index + 1 + Math.max(bytes[index * 8 + 2] ?? 0, bytes[index * 8 + 3] ?? 0),
    );
    expect(targets.slice(0, -1).every((target) => target < count)).toBe(true);
    expect(bytes.readUInt16LE((count - 1) * 8)).toBe(0x06);
  },
);

test('an architecture that is not known has none', () => {
  expect(userNamespaceFilter('mips')).toBeUndefined();
  expect(userNamespaceFilter('constructor')).toBeUndefined();
});
