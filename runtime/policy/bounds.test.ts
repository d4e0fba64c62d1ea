import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bound, boundsOf, leastBounds, quotasOf } from './bounds.ts';
import { readPolicy } from './read.ts';

const policyOf = (text: string) => {
  const read = readPolicy(text, 'policy.yaml');
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.policy;
};

describe('the limits of a policy', () => {
  it('are read with their units, and name where they stand', () => {
    const policy = policyOf(`version: 1
quotas:
  run: { cpu: 1m, bytes: 1KiB }
  tenant:
    concurrency: 3
rules: []
`);
    expect(quotasOf(policy)).toEqual({
      run: [
        { name: 'cpu', most: 60_000, rule: 'policy policy.yaml:3 quotas.run' },
        { name: 'bytes', most: 1024, rule: 'policy policy.yaml:3 quotas.run' },
      ],
      tenant: [{ name: 'concurrency', most: 3, rule: 'policy policy.yaml:5 quotas.tenant' }],
    });
    expect(quotasOf(policyOf('version: 1\nrules: []\n'))).toEqual({ run: [], tenant: [] });
  });

  it.each([
    ['quotas: { run: { cpu: fast } }', '`fast` is no duration'],
    ['quotas: { tenant: { bytes: 0 MiB } }', 'is no size'],
    ['quotas: { tenant: { bites: 3 } }', 'bites'],
    ['quotas: { run: { concurrency: 0 } }', '1'],
    ['rules: [{ plugin: built-in, limits: { cpu: -1s } }]', '`-1s` is no duration'],
  ])('are refused where they make no sense: %s', (line, problem) => {
    const rules = line.startsWith('rules') ? '' : 'rules: []\n';
    const read = readPolicy(`version: 1\n${line}\n${rules}`, 'policy.yaml');
    expect(read).toMatchObject({
      errors: [{ code: 'POLICY_INVALID', line: 2, message: expect.stringContaining(problem) }],
    });
  });

  it('of several rules are the least of each', () => {
    const names = fc.constantFrom<Bound['name']>('cpu', 'bytes', 'host-calls');
    const bound = fc.record({ name: names, most: fc.nat(9), rule: fc.constantFrom('a', 'b') });
    const property = fc.property(fc.array(bound), (bounds) => {
      const least = leastBounds(bounds);
      expect(new Set(least.map(({ name }) => name)).size).toBe(least.length);
      for (const { name, most } of bounds) {
        expect(least.find((each) => each.name === name)?.most).toBeLessThanOrEqual(most);
      }
      for (const each of least) expect(bounds).toContainEqual(each);
    });
    expect(() => fc.assert(property)).not.toThrow();
    expect(boundsOf(undefined, 'rule')).toEqual([]);
  });
});
