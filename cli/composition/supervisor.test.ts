import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../runtime/policy/read.ts';
import { requireConfinement } from './supervisor.ts';

const requiring = (level: number) => {
  const read = readPolicy(`version: 1\nrequire: { confinement: ${level} }\nrules: []\n`, 'policy.yaml');
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.policy;
};

describe('the level that a policy requires', () => {
  const machine = { level: 2, missing: ['level 3: no seccomp filter for this system (linux riscv64)'] } as const;

  it('is enough where the machine gives it or more', () => {
    for (const level of [0, 1, 2]) expect(() => requireConfinement(requiring(level), machine)).not.toThrow();
  });

  it.each([3, 4])('stops an agent below it, which says what is missing (%i)', (level) => {
    expect(() => requireConfinement(requiring(level), machine)).toThrow(
      expect.objectContaining({
        error: expect.objectContaining({
          code: 'CONFINEMENT_UNAVAILABLE',
          message: expect.stringMatching(/requires confinement level \d, and this machine gives 2: .*riscv64/),
          remedy: expect.stringContaining('waterflow doctor'),
        }),
      }),
    );
  });
});
