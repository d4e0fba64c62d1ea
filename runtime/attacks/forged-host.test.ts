import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { InvocationOutcome } from '../supervisor/api.ts';
import { type SupervisorPowers, systemPowers } from '../supervisor/index.ts';
import { requestOf, script } from '../testing/invocation.ts';
import { startSupervisor } from '../testing/supervisors.ts';

const forgedHost = fileURLToPath(new URL('./testing/forged-host.ts', import.meta.url));

/** Starts the forged host wherever a sandbox host was to be started. */
function powersOf(attack: string): SupervisorPowers {
  return {
    ...systemPowers,
    spawn: (_command, _argv, { stdio }) =>
      systemPowers.spawn(process.execPath, [forgedHost, attack], stdio === undefined ? {} : { stdio }),
  };
}

describe('a sandbox host that was taken over', () => {
  async function attackWith(
    attack: string,
  ): Promise<{ readonly outcome: InvocationOutcome; readonly next: InvocationOutcome }> {
    const supervisor = await startSupervisor({ powers: powersOf(attack), highest_level: 0 });
    const limits = { timeout_ms: 2000, host_calls: 100 };
    const outcome = await supervisor.invoke(requestOf(script(''), { limits }));
    return { outcome, next: await supervisor.invoke(requestOf(script(''), { limits })) };
  }

  it.each([
    ['unknown tag', 'SANDBOX_CRASHED'],
    ['an answer to itself', 'SANDBOX_CRASHED'],
    ['another invocation', 'SANDBOX_CRASHED'],
    ['a call with a wrong id', 'SANDBOX_CRASHED'],
    ['a call twice', 'SANDBOX_CRASHED'],
    ['a call without a name', 'SANDBOX_CRASHED'],
    ['a call with a prototype for a name', 'TIMEOUT'],
    ['an unknown kind of result', 'SANDBOX_CRASHED'],
    ['an oversized frame', 'SANDBOX_CRASHED'],
    ['an oversized header', 'SANDBOX_CRASHED'],
    ['garbage', 'SANDBOX_CRASHED'],
    ['another version', 'SANDBOX_CRASHED'],
    ['a header that is a list', 'SANDBOX_CRASHED'],
    ['a call of 9 MiB', 'SANDBOX_CRASHED'],
    ['a result over the limit', 'OUTPUT_TOO_LARGE'],
    ['a result that is deep', 'INVALID_OUTPUT'],
    ['a result with a prototype', 'INVALID_OUTPUT'],
    ['a result that is no JSON', 'INVALID_OUTPUT'],
    ['a denial that was never given', 'STEP_FAILED'],
    ['calls without end', 'LIMIT_EXCEEDED'],
    ['an end without a word', 'SANDBOX_CRASHED'],
    ['half a frame', 'TIMEOUT'],
  ])('%s: the step fails with %s, the agent lives on', async (attack, code) => {
    const { outcome, next } = await attackWith(attack);
    expect(outcome).toMatchObject({ kind: 'failed', error: { code } });
    expect(next).toMatchObject({ kind: 'failed', error: { code } });
  });

  it("sends a result twice: the second one is nobody's, and the host is not used again", async () => {
    const { outcome, next } = await attackWith('a result twice');
    expect(outcome).toEqual({ kind: 'returned', outputs: { first: true } });
    expect(next.kind === 'returned' ? next.outputs : next.error.code).not.toEqual({ second: true });
  });

  it('does not make the agent hold its calls without bound when it never takes an answer', async () => {
    const supervisor = await startSupervisor({ powers: powersOf('calls without end'), highest_level: 0 });
    let calls = 0;
    const answer = { ok: 'x'.repeat(64 * 1024) };
    const limits = { timeout_ms: 1500, host_calls: 1_000_000 };
    const outcome = await supervisor.invoke(
      requestOf(script(''), { limits, host: async () => ((calls += 1), answer) }),
    );
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'TIMEOUT' } });
    // What is read ahead is one chunk of the socket, whatever the limit.
    expect(calls).toBeLessThan(5000);
  });
});
