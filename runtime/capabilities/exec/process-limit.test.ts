import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { processLimit } from './process-limit.ts';

const isRoot = process.getuid?.() === 0;
const numbers = '/proc/sys/kernel/pid_max';

test.skipIf(!isRoot)('never sets the number of processes that the machine itself may have', async () => {
  const before = readFileSync(numbers, 'utf8');
  // So many that the machine would go on if it did.
  const most = Math.max(1000, Number(before) - 2000);
  const limit = processLimit(most, {
    prlimit: undefined,
    owner: undefined,
    uid: 0,
    kernel: '6.14.0',
    search: { path: ['/usr/bin', '/bin'] as AbsolutePath[], writable: [] }, // Absolute as written.
    powers: { spawn: (command, args, options) => spawn(command, args, options) },
  });
  expect(limit).toBeDefined();
  // A process of the machine's own namespace in the place of a program's first.
  await limit?.(process.pid);
  expect(readFileSync(numbers, 'utf8')).toBe(before);
});

test('counts by no number where the kernel has one for the machine only', () => {
  const setup = {
    prlimit: undefined,
    owner: undefined,
    uid: 0,
    search: { path: [], writable: [] },
    powers: { spawn: () => expect.fail('it started a program') },
  };
  expect(processLimit(64, { ...setup, kernel: '6.13.12' })).toBeUndefined();
  expect(processLimit(64, { ...setup, kernel: '5.4.0', uid: 1000 })).toBeUndefined();
});
