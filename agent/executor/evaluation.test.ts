import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../dsl/expressions/index.ts';
import type { Json, JsonObject, Template } from '../../schemas/index.ts';
import { type Evaluated, type EvaluationPowers, evaluateOnAgent } from './evaluation.ts';

const powers: EvaluationPowers = {
  secretNames: ['TOKEN'],
  placeholder: (name) => (name.toUpperCase() === 'TOKEN' ? 'placeholder-of-token' : undefined),
  hashFiles: async (patterns) => `hash(${patterns.join(',')})`,
};

function template(text: string): Template {
  return parseTemplate(text, (offset) => ({ file: 'workflow.yml', line: 1, column: offset + 1 })).template;
}

const evaluate = (text: string, contexts: JsonObject = {}): Promise<Evaluated> =>
  evaluateOnAgent(template(text), contexts, powers);
const ok = (value: Json) => ({ ok: value, read: [] });

describe('evaluating on the agent', () => {
  it('gives the placeholder of a secret, never its value', async () => {
    expect(await evaluate('${{ secrets.TOKEN }}')).toEqual(ok('placeholder-of-token'));
    expect(await evaluate('Bearer ${{ secrets.token }}')).toEqual(ok('Bearer placeholder-of-token'));
    expect(await evaluate("${{ format('{0}!', secrets.TOKEN) }}")).toEqual(ok('placeholder-of-token!'));
  });

  it.each(['${{ secrets.OTHER }}', 'a ${{ secrets.OTHER }} b', "${{ format('{0}!', secrets.OTHER) }}"])(
    'refuses %s where the run has no such secret',
    async (text) => {
      expect(await evaluate(text)).toMatchObject({
        error: { code: 'SECRET_MISSING', message: 'the secret OTHER was not given to this run' },
      });
    },
  );

  it('finds a missing secret deep in a value', async () => {
    const deep: Template = {
      kind: 'object',
      entries: [['list', { kind: 'array', items: [template('fine'), template('x ${{ secrets.OTHER }}')] }]],
    };
    expect(await evaluateOnAgent(deep, {}, powers)).toMatchObject({ error: { code: 'SECRET_MISSING' } });
  });

  it.each([
    "${{ format('{0}', secrets.OTHER) }}",
    '${{ join(secrets.OTHER) }}',
    '${{ toJSON(secrets.OTHER) }}',
    "${{ secrets['OTHER'] }}",
    "${{ inputs.on && format('Bearer {0}', secrets.OTHER) }}",
    "${{ 'x' && secrets.OTHER }}",
  ])('finds a missing secret in %s', async (text) => {
    expect(await evaluate(text, { inputs: { on: true } })).toMatchObject({ error: { code: 'SECRET_MISSING' } });
  });

  it.each([
    ["${{ format('{0}', secrets.OTHER || '') }}", ''],
    ["${{ secrets.OTHER && format('Bearer {0}', secrets.OTHER) || 'none' }}", 'none'],
    ["${{ secrets.OTHER == '' && 'none' || secrets.OTHER }}", 'none'],
    ["${{ inputs.on && secrets.OTHER || 'none' }}", 'none'],
    ["${{ contains(secrets.OTHER, 'x') }}", false],
  ])('needs no secret for %s', async (text, value) => {
    expect(await evaluate(text, { inputs: { on: false } })).toMatchObject({ ok: value });
  });

  it('lets a template ask whether a secret is set, and put something else in its place', async () => {
    expect(await evaluate("${{ secrets.OTHER == '' }}")).toEqual(ok(true));
    expect(await evaluate("${{ secrets.TOKEN != '' && 'set' || 'unset' }}")).toEqual(ok('set'));
    expect(await evaluate("${{ secrets.OTHER || 'default' }}")).toEqual(ok('default'));
    expect(await evaluate("${{ secrets.OTHER || '' }}")).toEqual(ok(''));
    expect(await evaluate('${{ secrets.OTHER || secrets.TOKEN }}')).toEqual(ok('placeholder-of-token'));
  });

  it('hashes files, also where one hash decides what else is hashed', async () => {
    expect(await evaluate("${{ hashFiles('a', 'b') }}")).toEqual(ok('hash(a,b)'));
    expect(await evaluate("key-${{ hashFiles(format('{0}', hashFiles('a'))) }}")).toEqual(ok('key-hash(hash(a))'));
  });

  it('says what is wrong with a hash', async () => {
    const failing = { ...powers, hashFiles: () => Promise.reject(new Error('no such disk')) };
    expect(await evaluateOnAgent(template("${{ hashFiles('a') }}"), {}, failing)).toMatchObject({
      error: { code: 'EVALUATION_FAILED', message: 'hashFiles: no such disk' },
    });
  });

  it('keeps the type of a single expression', async () => {
    expect(await evaluate('${{ inputs.list }}', { inputs: { list: [1, 2] } })).toMatchObject({ ok: [1, 2] });
    expect(await evaluateOnAgent({ kind: 'literal', value: 7 }, {}, powers)).toEqual(ok(7));
  });
});
