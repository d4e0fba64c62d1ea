import { describe, expect, it } from 'vitest';
import { checkWhen, evaluateWhen, type WhenContext, whenTime } from './when.ts';

const context: WhenContext = {
  tenant: 'blue',
  queue: 'web',
  workflow: 'ci',
  job: 'deploy',
  step: '0',
  plugin: { name: 'http', version: '1.0.0', digest: 'sha256:00', origin: 'built-in', signers: ['acme'] },
  inputs: {
    environment: 'test',
    hosts: ['a', 'b'],
    machines: [
      { name: 'a', port: 1 },
      { name: 'b', port: 2 },
    ],
    nested: { deep: true },
  },
  time: whenTime(Date.UTC(2026, 10, 28, 17, 5)),
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
    ['queue == "web"', true],
    ['"acme" in plugin.signers', true],
    ['"other" in plugin.signers', false],
    ['time.now == "2026-11-28T17:05:00Z" && time.date < "2027-01-01"', true],
    ['time.hour >= 8 && time.hour < 18 && time.minute == 5', true],
    ['time.weekday in ["saturday", "sunday"]', true],
    ['inputs.machines[.name == "b"].port == 2', true],
    ['inputs.hosts[1] == "b" ? job == "deploy" : false', true],
    ['inputs.missing ?: true', true],
    ['inputs.missing == 0 || inputs.missing == ""', false],
    ['inputs.nested.missing == 1', false],
    ['inputs.environment.length == 4', true],
    ['inputs.machines[.port > 1][0].name == "b"', true],
    ['"tes" in inputs.environment', true],
  ])('%s: %s', (condition, expected) => {
    expect(checkWhen(condition)).toBeUndefined();
    expect(evaluateWhen(condition, context)).toEqual({ holds: expected });
  });

  it.each([
    'inputs.nested == 1',
    // JavaScript takes ["production"] for "production", and ["production", "x"] for something else.
    'inputs.hosts == "a"',
    'inputs.hosts != "a"',
    'inputs.nested in ["a"]',
    '"deep" in inputs.nested',
    '{ a: 1 } == 1',
    'inputs[inputs.hosts]',
    // JavaScript would find that "", "0", false and [] are 0.
    'inputs.environment == 0',
    'inputs.environment != 0',
    'inputs.nested.deep == 1',
    'inputs.nested.deep == "true"',
    'inputs.environment in [0, 1]',
    '1 in inputs.environment',
    'inputs.environment > 3',
    'inputs.environment - 1',
    '"1" + time.hour == "117"',
    'inputs.missing > 3',
    'inputs.environment.foo.bar == 1',
    'inputs.environment["foo"] == 1',
    'inputs.hosts[.name == "a"]',
    'inputs.hosts.name == "a"',
  ])("%s can't be decided, which is neither true nor false", (condition) => {
    expect(checkWhen(condition)).toBeUndefined();
    expect(evaluateWhen(condition, context)).toHaveProperty('problem');
  });

  it.each(['queue == "web"', 'time.hour < 8', 'false || queue'])(
    "%s can't be decided where that isn't known",
    (condition) => {
      const unknown = { ...context, queue: undefined, time: undefined };
      expect(evaluateWhen(condition, unknown)).toHaveProperty('problem');
    },
  );

  it('may name only the members that there are', () => {
    expect(checkWhen('plugin.nmae == "x"')).toContain('there is name, version');
    expect(checkWhen('plugin["valueOf"]')).toContain('not known');
    expect(checkWhen('time.day == 1')).toContain('there is now, date');
    expect(checkWhen('tenant.id == "x"')).toContain('is a text');
    expect(checkWhen('inputs.anything.at.all')).toBeUndefined();
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
