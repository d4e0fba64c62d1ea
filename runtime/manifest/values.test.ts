import { describe, expect, it } from 'vitest';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createSecretVault } from '../capabilities/secret-vault.ts';
import { readManifest } from './read.ts';
import { manifestText } from './testing/folder.ts';
import { checkInputs, checkOutputs } from './values.ts';

function manifest(...lines: string[]): PluginManifest {
  const read = readManifest(manifestText(...lines), 'plugin.yaml');
  if ('errors' in read) throw new TypeError(read.errors[0]?.message);
  return read.manifest;
}

const tool = manifest(
  'inputs:',
  '  project: { type: string, required: true, pattern: "^[a-z]+$" }',
  '  count: { type: integer, default: 3 }',
  '  note: { type: [string, "null"] }',
  '  site: { type: string, format: uri }',
  '  level: { enum: [low, high] }',
  'outputs:',
  '  path: { type: string, required: true }',
  '  size: { type: integer }',
);
const vault = createSecretVault({
  secrets: { TOKEN: 'hunter22' },
  random: { bytes: (length) => new Uint8Array(length) },
});
const check = (inputs: JsonObject): ReturnType<typeof checkInputs> => checkInputs(tool, inputs, vault);

describe('inputs', () => {
  it('are checked, and get their defaults', () => {
    const given = { project: 'abc' };
    expect(check(given)).toEqual({ inputs: { project: 'abc', count: 3 } });
    expect(given).toEqual({ project: 'abc' });
  });

  it.each<[JsonObject, RegExp, RegExp]>([
    [{}, /`project` is missing/, /Add/],
    [{ project: 'abc', cuont: 1 }, /has no input `cuont`/, /Did you mean `count`/],
    [{ porject: 'abc' }, /has no input `porject`/, /Did you mean `project`/],
    [{ project: 'ABC' }, /`project` must match/, /./],
    [{ project: 'abc', count: '3' }, /`count` must be of type integer/, /./],
    [{ project: 'abc', site: 'not a uri' }, /`site`/, /./],
    [{ project: 'abc', level: 'middle' }, /`level` must be one of low, high/, /./],
    [JSON.parse('{ "project": "abc", "__proto__": { "x": 1 } }'), /has no input `__proto__`/, /./],
    [{ project: 'abc', constructor: 1 }, /has no input `constructor`/, /./],
  ])('%j is refused', (inputs, message, remedy) => {
    expect(check(inputs)).toMatchObject({
      error: { code: 'INVALID_INPUT', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) },
    });
  });

  it('that are null count as not given, unless null is a value of theirs', () => {
    expect(check({ project: 'abc', count: null, note: null })).toEqual({
      inputs: { project: 'abc', count: 3, note: null },
    });
    expect(check({ project: null })).toMatchObject({ error: { message: expect.stringContaining('missing') } });
  });

  it('may be placeholders wherever a text may stand, and only there', () => {
    const placeholder = String(vault.placeholder('TOKEN'));
    expect(check({ project: placeholder, level: placeholder, site: placeholder })).toHaveProperty('inputs');
    expect(check({ project: `x-${placeholder}` })).toHaveProperty('inputs');
    expect(check({ project: 'abc', count: placeholder })).toHaveProperty('error');
    // What only looks like a placeholder is a text like any other.
    expect(check({ project: `wf-secret-${'1'.repeat(32)}` })).toHaveProperty('error');
  });

  it("can't hold the agent up with a pattern that backtracks", () => {
    const slow = manifest('inputs: { list: { type: array, items: { type: string, pattern: "^(a+)+$" } } }');
    const answer = checkInputs(slow, { list: Array.from({ length: 1000 }, () => `${'a'.repeat(40)}!`) }, vault);
    expect(answer).toMatchObject({ error: { message: expect.stringContaining('took too long') } });
    expect(checkInputs(slow, { list: ['aaa'] }, vault)).toHaveProperty('inputs');
  });

  it.each([
    ['each item with each', '{ type: array, uniqueItems: true }', Array.from({ length: 50_000 }, (_, i) => ({ i }))],
    ['each item with many rules', `{ type: array, items: { allOf: [${'{type: string},'.repeat(300)}] } }`, null],
  ])("can't hold the agent up by comparing %s", (_what, schema, list) => {
    const slow = manifest(`inputs: { list: ${schema} }`);
    const answer = checkInputs(slow, { list: list ?? Array.from({ length: 10_000 }, () => 1) }, vault);
    expect(answer).toMatchObject({ error: { message: expect.stringContaining('took too long') } });
  });

  it('of an Extism plugin without declarations are its input', () => {
    const extism: PluginManifest = {
      name: 'x',
      version: '1.0.0',
      description: 'x',
      runtime: 'wasm',
      main: 'x.wasm',
      abi: 'extism',
    };
    expect(checkInputs(extism, { input: 'bytes' }, vault)).toEqual({ inputs: { input: 'bytes' } });
    expect(checkInputs(extism, { other: 'bytes' }, vault)).toHaveProperty('error');
    expect(checkOutputs(extism, { output_base64: 'AA==' })).toHaveProperty('outputs');
  });
});

describe('outputs', () => {
  it('are checked against what the manifest declares', () => {
    expect(checkOutputs(tool, { path: 'x' })).toEqual({ outputs: { path: 'x' } });
    expect(checkOutputs(tool, undefined)).toMatchObject({ error: { code: 'INVALID_OUTPUT' } });
    expect(checkOutputs(tool, { path: 'x', more: 1 })).toMatchObject({ error: { code: 'INVALID_OUTPUT' } });
    expect(checkOutputs(tool, { path: 1 })).toMatchObject({ error: { code: 'INVALID_OUTPUT' } });
    expect(checkOutputs(tool, ['x'])).toMatchObject({ error: { message: expect.stringContaining('an object') } });
  });

  it('may be more where the manifest says they are dynamic', () => {
    const dynamic = manifest('dynamic-outputs: true', 'outputs: { code: { type: integer } }');
    expect(checkOutputs(dynamic, { code: 0, version: 'v1' })).toEqual({ outputs: { code: 0, version: 'v1' } });
    expect(checkOutputs(dynamic, { code: 'x' })).toHaveProperty('error');
  });
});
