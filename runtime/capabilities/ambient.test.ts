import { describe, expect, it } from 'vitest';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { mostLines } from './log.ts';
import { maxRandomBytes } from './random.ts';
import { makeTestScope } from './testing/call.ts';

const nothing = testGrant({ manifest: {} });

describe('what every plugin may do', () => {
  it('writes to the log', async () => {
    await using scope = makeTestScope();
    await callUnder(nothing, 'log.write', { args: { text: 'hello' }, scope });
    await callUnder(nothing, 'log.write', { args: { text: 'oops', stream: 'stderr' }, scope });
    expect(scope.logged).toEqual({ stdout: '', stderr: 'oops', log: 'hello' });
  });

  it('writes a bounded number of lines to the log, and says where there were more', async () => {
    const written = async (text: string) => {
      await using scope = makeTestScope();
      await callUnder(nothing, 'log.write', { args: { text, stream: 'stdout' }, scope });
      return scope.logged;
    };
    const most = '\n'.repeat(mostLines);
    expect(await written(most)).toEqual({ stdout: most, stderr: '', log: '' });
    expect(await written(`${most}more\n`)).toEqual({
      stdout: most,
      stderr: '',
      log: `the rest is left out: one call writes at most ${mostLines} lines`,
    });
  });

  it('reads the clock in whole milliseconds', async () => {
    await using scope = makeTestScope();
    expect(await callUnder(nothing, 'clock.now', { args: {}, scope: { ...scope, clock: { now: () => 12.7 } } })).toBe(
      12,
    );
  });

  it('gets random bytes, up to the limit', async () => {
    await using scope = makeTestScope();
    const bytes = await callUnder(nothing, 'random.bytes', { args: { length: 16 }, scope });
    expect(bytes).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    const tooMany = callUnder(nothing, 'random.bytes', { args: { length: maxRandomBytes + 1 }, scope });
    await expect(tooMany).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    expect(await callUnder(nothing, 'random.uuid', { args: {}, scope })).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('sleeps until it is cancelled', async () => {
    const stop = new AbortController();
    await using scope = makeTestScope({ signal: stop.signal });
    expect(await callUnder(nothing, 'sleep.for', { args: { ms: 0 }, scope })).toBeNull();
    const sleeping = callUnder(nothing, 'sleep.for', { args: { ms: 3_600_000 }, scope });
    expect(await callUnder(nothing, 'signal.cancelled', { args: {}, scope })).toBe(false);
    stop.abort();
    await expect(sleeping).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await callUnder(nothing, 'signal.cancelled', { args: {}, scope })).toBe(true);
    await expect(callUnder(nothing, 'sleep.for', { args: { ms: 1 }, scope })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(callUnder(nothing, 'sleep.for', { args: { ms: -1 }, scope })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    await expect(callUnder(nothing, 'sleep.for', { args: { ms: 2 ** 31 }, scope })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });

  it('knows which step it is', async () => {
    await using scope = makeTestScope();
    expect(await callUnder(nothing, 'step.info', { args: {}, scope })).toEqual(scope.step);
  });

  it("refuses arguments that an operation doesn't have", async () => {
    await using scope = makeTestScope();
    await expect(callUnder(nothing, 'clock.now', { args: { zone: 'UTC' }, scope })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    await expect(callUnder(nothing, 'clock.now', { args: null, scope })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });
});
