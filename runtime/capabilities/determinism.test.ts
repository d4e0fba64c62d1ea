import { describe, expect, it } from 'vitest';
import { createRunIds } from '../../storage/run-id.ts';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { createDeterminism, startOfRun } from './determinism.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

const parts = { tenant: 'default', workflow: 'ci', job: 'build', step: '0', digest: 'sha256:0' };

/** A scope as it is where a policy says `deterministic`. */
function deterministicScope(options: { readonly step?: string; readonly signal?: AbortSignal } = {}): TestScope {
  const scope = makeTestScope(options.signal === undefined ? {} : { signal: options.signal });
  return { ...scope, deterministic: createDeterminism(1_000_000, { ...parts, step: options.step ?? '0' }) };
}

async function call(scope: TestScope, name: `${string}.${string}`, args = {}): Promise<unknown> {
  return callUnder(testGrant({ manifest: {} }), name, { args, scope });
}

async function chances(scope: TestScope): Promise<readonly unknown[]> {
  return [
    await call(scope, 'random.bytes', { length: 5 }),
    await call(scope, 'random.uuid'),
    await call(scope, 'random.bytes', { length: 65_536 }),
  ];
}

describe('an invocation that is deterministic', () => {
  it('sees a clock that only sleeps move', async () => {
    await using scope = deterministicScope();
    expect(await call(scope, 'clock.now')).toBe(1_000_000);
    expect(await call(scope, 'clock.now')).toBe(1_000_000);
    await call(scope, 'sleep.for', { ms: 3 });
    expect(await call(scope, 'clock.now')).toBe(1_000_003);
    await Promise.all([call(scope, 'sleep.for', { ms: 5 }), call(scope, 'sleep.for', { ms: 2 })]);
    expect(await call(scope, 'clock.now')).toBe(1_000_008);
  });

  it('does not see a sleep that was cut short', async () => {
    const stop = new AbortController();
    await using scope = deterministicScope({ signal: stop.signal });
    const sleeping = call(scope, 'sleep.for', { ms: 60_000 });
    stop.abort();
    await expect(sleeping).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await call(scope, 'clock.now')).toBe(1_000_000);
  });

  it('sees the same randomness again, and another step another one', async () => {
    await using first = deterministicScope();
    await using again = deterministicScope();
    await using other = deterministicScope({ step: '1' });
    const seen = await chances(first);
    expect(await chances(again)).toEqual(seen);
    expect(await chances(other)).not.toEqual(seen);
    expect(await chances(first)).not.toEqual(seen);
  });

  it('takes nothing from what the parts of its seed are put together of', () => {
    const seeds = [
      { ...parts, job: 'a', step: 'b' },
      { ...parts, job: 'a","b', step: '' },
      { ...parts, tenant: 'other' },
      { ...parts, workflow: 'other' },
      { ...parts, digest: 'sha256:1' },
      parts,
    ].map((each) => createDeterminism(0, each).guest.seed);
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('leaves the placeholders of secrets unguessable', () => {
    expect(makeTestScope({ secrets: { A: 'value' } }).secrets.placeholder('A')).not.toBe(
      makeTestScope({ secrets: { A: 'value' } }).secrets.placeholder('A'),
    );
  });
});

describe('the start of a run', () => {
  it('is in its id', () => {
    const now = Date.UTC(2026, 10, 28);
    const id = createRunIds({ now: () => now, randomBytes: (length) => new Uint8Array(length).fill(255) })();
    expect(startOfRun(id)).toBe(now);
  });

  it.each(['run-1', '', 'run-uuuuuuuuuuuuuuuuuuuuuuuuuu', 'job-01234567890123456789012345'])(
    'is the epoch for %j',
    (id) => {
      expect(startOfRun(id)).toBe(0);
    },
  );
});
