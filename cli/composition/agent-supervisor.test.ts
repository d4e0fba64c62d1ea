import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { superviseOnDemand } from './agent-supervisor.ts';

/** Supervisors that only know whether they are open, and how often it was said that nobody needs one. */
function supervised() {
  const log: string[] = [];
  const open = async (): Promise<Supervisor> => {
    log.push('opened');
    // Nobody starts a sandbox here.
    return { [Symbol.asyncDispose]: async () => void log.push('closed') } as unknown as Supervisor;
  };
  return { log, supervisors: superviseOnDemand(open, () => log.push('idle')) };
}

const minuteMs = 60_000;

describe('the supervisor of an agent', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is closed when nobody has needed it for a minute, and then the agent is idle', async () => {
    const { log, supervisors } = supervised();
    const [one, other] = await Promise.all([supervisors.use(), supervisors.use()]);
    one.done();
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(log).toEqual(['opened']);
    other.done();
    await vi.advanceTimersByTimeAsync(minuteMs - 1);
    expect(log).toEqual(['opened']);
    await vi.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['opened', 'closed', 'idle']);
    await supervisors.use();
    expect(log).toEqual(['opened', 'closed', 'idle', 'opened']);
  });

  it('goes on where it is needed again within that', async () => {
    const { log, supervisors } = supervised();
    (await supervisors.use()).done();
    await vi.advanceTimersByTimeAsync(minuteMs / 2);
    await supervisors.use();
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(log).toEqual(['opened']);
  });

  it('is closed with the agent, which is not idle by that', async () => {
    const { log, supervisors } = supervised();
    (await supervisors.use()).done();
    await supervisors[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(log).toEqual(['opened', 'closed']);
  });
});
