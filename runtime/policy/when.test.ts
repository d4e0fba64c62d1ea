import { describe, expect, it } from 'vitest';
import { checkWhen, evaluateWhen, type WhenContext } from './when.ts';

const context: WhenContext = {
  tenant: 'blue',
  workflow: 'ci',
  job: 'deploy',
  step: '0',
  plugin: { name: 'http', version: '1.0.0', digest: 'sha256:00', origin: 'built-in' },
  inputs: { environment: 'test', hosts: ['a', 'b'], nested: { deep: true } },
};

describe('a condition', () => {
  it.each([
    ['tenant == "blue"', true],
    ['job == "deploy" && step == "0" && workflow == "ci"', true],
    ['plugin.name == "http" && plugin.origin == "built-in"', true],
    ['"a" in inputs.hosts', true],
    ['inputs.nested.deep', true],
    ['inputs.environment == "production"', false],
    ['inputs.missing', false],
    ['inputs["toString"] || inputs["constructor"]', false],
    ['plugin["valueOf"]', false],
  ])('%s: %s', (condition, expected) => {
    expect(checkWhen(condition)).toBeUndefined();
    expect(evaluateWhen(condition, context)).toEqual({ holds: expected });
  });

  it("that can't be evaluated is neither true nor false", () => {
    expect(evaluateWhen('inputs.nested == 1', context)).toHaveProperty('problem');
  });

  it('has no functions, no transforms and no other names', () => {
    for (const condition of [
      'f(tenant)',
      'tenant|upper',
      'secrets.X',
      'tenat',
      '[tenat]',
      '{ a: tenat }',
      'tenant ? x : 1',
    ]) {
      expect(checkWhen(condition)).toBeTypeOf('string');
    }
  });
});
