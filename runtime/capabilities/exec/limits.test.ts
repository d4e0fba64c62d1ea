import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import type { CallScope } from '../capability.ts';
import { execCapability } from '../exec.ts';
import { makeTestScope, performTestCall } from '../testing/call.ts';
import type { ExecArgs } from './call.ts';
import { effectiveLimits } from './limits.ts';
import { narrowExec, parseExecEntry } from './rule.ts';
import { processesWith, uniqueName, ways } from './testing/processes.ts';
import { anything, anythingConfined, type ExecAnswer, runTestExec, script } from './testing/run.ts';

const here = await needs('bwrap');
const root = process.getuid?.() === 0;

function run(scope: CallScope, args: ExecArgs, entry: JsonObject): Promise<ExecAnswer> {
  return runTestExec(execCapability, scope, { args, entry });
}

/** Anonymous memory, shared memory and memory of many processes, each kept. */
const hogs: readonly (readonly [string, string])[] = [
  ['of its own', `my @a; push @a, "x" x 1e7 while 1`],
  ['of its children', `for (1..10) { fork or do { my $x = "x" x 4e7; sleep 100 } } sleep 100`],
];

describe.each(ways.filter((way) => !way.bwrap || here))('a program $way', ({ entry, bwrap }) => {
  const scopeOf = (): ReturnType<typeof makeTestScope> => makeTestScope(bwrap ? {} : { sandbox: { bwrap: undefined } });

  test.each(hogs)('is ended when it takes more memory %s than the entry allows', async (_what, text) => {
    await using scope = scopeOf();
    const name = uniqueName(scope);
    const call: ExecArgs = { command: '/usr/bin/perl', args: ['-e', text, name] };
    await expect(run(scope, call, { ...entry, limits: { memory: '200MiB' } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      rule: 'exec limits: memory',
    });
    expect(processesWith(name)).toEqual([]);
  });

  test('is ended when it runs more processes than the entry allows', async () => {
    await using scope = scopeOf();
    const name = uniqueName(scope);
    const text = 'for i in {1..30}; do bash -c "sleep 100; :" "$0" & done; wait';
    const call: ExecArgs = { command: 'bash', args: ['-c', text, name] };
    await expect(run(scope, call, { ...entry, limits: { processes: 20 } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      rule: 'exec limits: processes',
    });
    expect(processesWith(name)).toEqual([]);
  });

  test('runs on within its limits', async () => {
    await using scope = scopeOf();
    const limits = { memory: '200MiB', processes: 1, time: '1m', output: '1KiB' };
    expect(await run(scope, script('for i in {1..30000}; do :; done; echo fine'), { ...entry, limits })).toMatchObject({
      stdout: 'fine\n',
    });
  });

  test('is ended after the time that the entry allows, whatever the call says', async () => {
    await using scope = scopeOf();
    const call = script('exec sleep 100', { timeout_ms: 60_000 });
    await expect(run(scope, call, { ...entry, limits: { time: '200ms' } })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe.skipIf(!here)('a fork bomb', () => {
  const bomb = `b() { b "$0" | b "$0" & }; trap '' INT TERM; b; sleep 100`;

  test.each([
    ['in a workspace of the agent', false],
    ...(root ? [['in a workspace of a lent user', true] as const] : []),
  ] as const)('%s is ended, and nothing is left of it', async (_where, lent) => {
    const user = { uid: 65_534, gid: 65_534 };
    await using scope = makeTestScope(lent ? { sandbox: { user } } : {});
    if (lent) {
      chmodSync(dirname(scope.workspace), 0o755);
      chownSync(scope.workspace, user.uid, user.gid);
    }
    const name = uniqueName(scope);
    const call: ExecArgs = { command: 'bash', args: ['-c', bomb, name], stderr: 'discard' };
    await expect(run(scope, call, anythingConfined)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      rule: 'exec limits: processes',
      message: expect.stringContaining('512'),
    });
    expect(processesWith(name)).toEqual([]);
  });
});

describe('output', () => {
  test.each(['log', 'capture', 'discard', { file: 'out' }] as const)(
    'to %j is bounded by the entry',
    async (stdout) => {
      await using scope = makeTestScope();
      const call = script('head -c 600 /dev/zero; head -c 600 /dev/zero >&2; exec sleep 100', {
        stdout,
        stderr: 'discard',
      });
      await expect(run(scope, call, { ...anything, limits: { output: '1KiB' } })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        rule: 'exec limits: output',
      });
      expect(existsSync(join(scope.workspace, 'out'))).toBe(false);
    },
  );

  test('to a file counts against the quota of fs', async () => {
    await using scope = makeTestScope();
    const args = script('head -c 2000 /dev/zero; exec sleep 100', { stdout: { file: 'out' } });
    const call = { layers: [[anything]], operation: 'run', args: JSON.parse(JSON.stringify(args)), quota_bytes: 1000 };
    await expect(performTestCall(execCapability, call, scope)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(readdirSync(scope.workspace)).toEqual([]);
  });
});

describe('limits', () => {
  test('of several layers hold together, the least of each', () => {
    const rules = [
      { memory: '1GiB', processes: 10 },
      { memory: '2GiB', time: '1m' },
    ].map((limits) => {
      const parsed = parseExecEntry({ command: 'make', limits });
      if ('problem' in parsed) throw new TypeError(parsed.problem);
      return parsed.rule;
    });
    expect(narrowExec(rules).limits).toEqual({ memory: 1024 ** 3, processes: 10, time: 60_000 });
  });

  test('of profile workspace are there where no entry names any', () => {
    const machineMemory = 4 * 1024 ** 3;
    const most = { memory: 3 * 1024 ** 3, processes: 512 };
    expect(effectiveLimits({}, { profile: 'workspace', machineMemory })).toEqual(most);
    expect(effectiveLimits({ processes: 5 }, { profile: 'workspace', machineMemory })).toEqual({
      ...most,
      processes: 5,
    });
    expect(effectiveLimits({}, { profile: 'host', machineMemory })).toEqual({});
  });

  test.each([{ memory: 'much' }, { processes: 0 }, { time: '0s' }, { cpu: 1 }])('%j is an error', (limits) => {
    const { entrySchema } = execCapability;
    expect(entrySchema).toHaveProperty('properties.limits.additionalProperties', false);
    const known = Object.keys(limits).every((key) => ['time', 'memory', 'processes', 'output'].includes(key));
    expect(known ? 'problem' in parseExecEntry({ command: 'make', limits }) : true).toBe(true);
  });
});
