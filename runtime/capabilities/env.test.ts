import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

/** An operator who has written out that any variable may be set. */
const policy = 'version: 1\nrules:\n  - { plugin: "*", allow: { env: [{ names: any }] } }\n';

async function set(scope: TestScope, variables: JsonObject, names: readonly string[] | 'any' = 'any') {
  return await callUnder(testGrant({ manifest: { env: [{ names }] }, policy }), 'env.set', {
    args: { variables },
    scope,
  });
}

describe('env.set', () => {
  it('leaves variables for later steps, the last value of each', async () => {
    await using scope = makeTestScope();
    expect(await set(scope, { A: '1', B: '' })).toEqual({ kept_back: [] });
    await set(scope, { A: '2' });
    expect(scope.carrier.carried()).toEqual({ variables: { A: '2', B: '' }, path: [] });
  });

  it('passes over what each step has of its own', async () => {
    await using scope = makeTestScope();
    const own = ['WATERFLOW_STEP', 'RUNNER_TEMP', 'GITHUB_ENV', 'GITHUB_WORKSPACE'];
    const given = Object.fromEntries([...own, 'GITHUB_TOKEN', 'CI'].map((name) => [name, 'x']));
    expect(await set(scope, given)).toEqual({ kept_back: own });
    expect(scope.carrier.carried()?.variables).toEqual({ GITHUB_TOKEN: 'x', CI: 'x' });
  });

  it.each([
    [
      ['A', 'B_*'],
      ['A', 'B_', 'B_C'],
      ['AB', 'B', 'a', 'LD_PRELOAD', 'PATH'],
    ],
    [
      ['*'],
      ['A', 'HOME', 'GIT_SHA', 'PYTHON_VERSION', '__proto__'],
      ['PATH', 'LD_PRELOAD', 'LD_X', 'NODE_OPTIONS', 'PERL5OPT'],
    ],
    [
      ['*', 'PATH', 'LD_*'],
      ['A', 'PATH', 'LD_PRELOAD'],
      ['BASH_ENV', 'ENV', 'DYLD_INSERT_LIBRARIES', 'PYTHONPATH'],
    ],
    ['any', ['A', 'PATH', 'LD_PRELOAD', 'BASH_FUNC_ls'], []],
  ] as const)('is for the variables that an entry names: %j', async (names, allowed, refused) => {
    for (const name of allowed) {
      await using scope = makeTestScope();
      await set(scope, Object.fromEntries([[name, 'x']]), names);
      expect(Object.keys(scope.carrier.carried()?.variables ?? {})).toEqual([name]);
    }
    for (const name of refused) {
      await using scope = makeTestScope();
      // One that is refused takes the others with it.
      await expect(set(scope, { [name]: 'x', A_1: 'x' }, names)).rejects.toMatchObject({ code: 'DENIED' });
      expect(scope.carrier.carried()).toBeUndefined();
    }
  });

  it.each([
    { 'A=B': '' },
    { '': '' },
    { 'A\0': '' },
    { 'A\n': '' },
    { '1A': '' },
    { A: 'x\0' },
    { ['A'.repeat(256)]: '' },
  ])('refuses what no program could be given: %j', async (variables) => {
    await using scope = makeTestScope();
    await expect(set(scope, variables as JsonObject)).rejects.toThrow(/no name that a variable can have|NUL/);
  });

  it('ends at its limits, and leaves what was there', async () => {
    await using scope = makeTestScope();
    await set(scope, { A: '1' });
    await expect(set(scope, { B: 'x'.repeat(65_536) })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`V${index}`, '']));
    await expect(set(scope, many)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(scope.carrier.carried()).toEqual({ variables: { A: '1' }, path: [] });
  });
});

describe('env.add_path', () => {
  const add = async (scope: TestScope, folders: readonly string[], names: readonly string[] = ['PATH']) =>
    await callUnder(testGrant({ manifest: { env: [{ names }] }, policy }), 'env.add_path', {
      args: { folders },
      scope,
    });

  it('puts each folder before the ones before it, once; a relative one is of the workspace', async () => {
    await using scope = makeTestScope();
    await add(scope, ['/a', 'tools/bin', '/b', '/a']);
    expect(scope.carrier.carried()).toEqual({ variables: {}, path: ['/a', '/b', join(scope.workspace, 'tools/bin')] });
  });

  it('needs PATH by its name', async () => {
    await using scope = makeTestScope();
    await expect(add(scope, ['/a'], ['*'])).rejects.toMatchObject({ code: 'DENIED' });
    await expect(add(scope, ['/a:/b'])).rejects.toThrow("can't stand in PATH as one folder");
    await expect(add(scope, ['/a\n'])).rejects.toThrow("can't stand in PATH as one folder");
  });
});

describe('allow: requested', () => {
  const requested = 'version: 1\nrules:\n  - { plugin: "*", allow: requested }\n';

  it.each([
    [
      ['*', 'PATH', 'LD_PRELOAD', 'LD_*', 'NODE_OPTIONS'],
      ['A', 'PATH'],
      ['LD_PRELOAD', 'LD_X', 'NODE_OPTIONS'],
    ],
    [['PERL*', 'PY_*', 'LD*'], ['PY_X'], ['PERL5OPT', 'PERL_X', 'LD_PRELOAD']],
    ['any', [], ['A', 'PATH', 'LD_PRELOAD']],
  ] as const)('gives no variable by which programs load code: %j', async (names, allowed, refused) => {
    const grant = testGrant({ manifest: { env: [{ names }] }, policy: requested });
    const set = async (scope: TestScope, name: string): Promise<unknown> =>
      await callUnder(grant, 'env.set', { args: { variables: { [name]: 'x' } }, scope });
    for (const name of allowed) {
      await using scope = makeTestScope();
      await set(scope, name);
      expect(scope.carrier.carried()?.variables).toEqual({ [name]: 'x' });
    }
    for (const name of refused) {
      await using scope = makeTestScope();
      await expect(set(scope, name)).rejects.toMatchObject({ code: 'DENIED' });
    }
  });
});
