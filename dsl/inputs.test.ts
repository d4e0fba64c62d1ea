import { describe, expect, it } from 'vitest';
import type { Json, Plan } from '../schemas/index.ts';
import { compile, resolveInputs } from './index.ts';
import { testCatalogue } from './testing/catalogue.ts';

const source = `on:
  manual:
    inputs:
      name: { required: true, pattern: '^[a-z]+$' }
      note:
      count: { type: number, default: 3 }
      rate: { type: number }
      dry: { type: boolean }
      target: { type: choice, options: [staging, production] }
      data: { type: json }
jobs: { a: { steps: [{ run: x }] } }
`;

function planOf(): Plan {
  const { plan } = compile(source, { file: 'w.yml', catalogue: testCatalogue });
  if (plan === undefined) throw new Error('the test needs a plan');
  return plan;
}

function resolve(given: Readonly<Record<string, Json>>): Json {
  const resolved = resolveInputs(planOf(), { name: 'a', ...given });
  return 'inputs' in resolved ? resolved.inputs : resolved.errors.map(({ code }) => code);
}

describe('resolveInputs', () => {
  it.each([
    ['command', ['Give it: --input name=….', undefined]],
    ['api', ['Send it in `inputs`: `{ "name": … }`.', '/inputs/name']],
    ['webhook', ['Have `on.webhook.inputs.name` give it a value for this delivery.', undefined]],
  ] as const)('says how to give what is missing, by %s', (front, expected) => {
    const resolved = resolveInputs(planOf(), {}, { front });
    const errors = 'errors' in resolved ? resolved.errors : [];
    expect(errors.map(({ remedy, pointer }) => [remedy, pointer])).toEqual([expected]);
  });

  it('fills in defaults, and an empty value of each type', () => {
    expect(resolve({})).toEqual({ name: 'a', note: '', count: 3, rate: null, dry: false, target: null, data: null });
  });

  it.each([
    ['count', '5', 5],
    ['count', ' -1.5e3 ', -1500],
    ['count', 7, 7],
    ['dry', 'true', true],
    ['dry', false, false],
    ['note', '5', '5'],
    ['target', 'staging', 'staging'],
    ['data', '{"a": [1]}', { a: [1] }],
    ['data', { a: null }, { a: null }],
  ])('takes %s=%j', (name, given, expected) => {
    expect(resolve({ [name]: given })).toMatchObject({ [name]: expected });
  });

  it.each([
    ['a word for a number', { count: 'many' }, ['WRONG_TYPE']],
    ['nothing for a number', { count: '' }, ['WRONG_TYPE']],
    ['infinity', { count: 'Infinity' }, ['WRONG_TYPE']],
    ['a boolean of YAML 1.1', { dry: 'yes' }, ['WRONG_TYPE']],
    ['a number for a text', { note: 5 }, ['WRONG_TYPE']],
    ['null for a text', { note: null }, ['WRONG_TYPE']],
    ['a word that is no option', { target: 'prod' }, ['INVALID_VALUE']],
    ['a text of another form', { name: 'A1' }, ['INVALID_VALUE']],
    ['a text too long to match', { name: 'a'.repeat(20_000) }, ['INVALID_VALUE']],
    ['text that is no JSON', { data: '{a}' }, ['WRONG_TYPE']],
    ["an input that isn't declared", { nmae: 'x' }, ['UNKNOWN_INPUT']],
    ['a name that every object has', { toString: 'x' }, ['UNKNOWN_INPUT']],
    ['several mistakes at once', { nmae: 'x', count: 'x', dry: 'x' }, ['UNKNOWN_INPUT', 'WRONG_TYPE', 'WRONG_TYPE']],
  ])('refuses %s', (_what, given, codes) => {
    expect(resolve(given)).toEqual(codes);
  });

  it('asks for what is required, where it is declared, and names what was meant', () => {
    const resolved = resolveInputs(planOf(), { nmae: 'x' });
    expect(resolved).toMatchObject({
      errors: [
        { code: 'UNKNOWN_INPUT', remedy: expect.stringContaining('`name`') },
        { code: 'MISSING_INPUT', line: 4, column: 7, remedy: expect.stringContaining('--input name=') },
      ],
    });
  });

  it('takes a matcher that may give up, and then refuses the value', () => {
    const refused = resolveInputs(planOf(), { name: 'a' }, { matchPattern: () => undefined });
    expect(refused).toMatchObject({ errors: [{ code: 'INVALID_VALUE' }] });
  });
});
