import { describe, expect, it } from 'vitest';
import { readMemory, readPageBytes } from './memory.ts';
import { systemPowers } from './powers.ts';
import { MemoryWatchdog } from './watchdog.ts';

/** Powers whose clock ticks when the test says so. */
function manualClock() {
  const actions = new Set<() => void>();
  const powers = {
    ...systemPowers,
    every: (_: number, action: () => void) => {
      actions.add(action);
      return () => actions.delete(action);
    },
  };
  const tick = () => {
    for (const action of actions) action();
  };
  return { powers, tick, timers: () => actions.size };
}

describe('the watchdog', () => {
  it('reports, once, what grew by more than its allowance', () => {
    const { powers, tick, timers } = manualClock();
    let anonymous = 100;
    let over = 0;
    new MemoryWatchdog(powers).watch({
      memory: () => ({ resident: 1000, anonymous }),
      allowance_bytes: 50,
      onOver: () => (over += 1),
    });
    anonymous = 150;
    tick();
    expect(over).toBe(0);
    anonymous = 151;
    tick();
    tick();
    expect(over).toBe(1);
    expect(timers()).toBe(0);
  });

  it('looks only while there is something to watch', () => {
    const { powers, tick, timers } = manualClock();
    const watchdog = new MemoryWatchdog(powers);
    const memory = () => ({ resident: 1, anonymous: 1 });
    const stops = [1, 2].map(() => watchdog.watch({ memory, allowance_bytes: 1, onOver: () => {} }));
    tick();
    expect(timers()).toBe(1);
    for (const stop of stops) stop();
    expect(timers()).toBe(0);
  });

  it('leaves a process alone whose memory cannot be read any more', () => {
    const { powers, tick } = manualClock();
    let isThere = true;
    let over = 0;
    new MemoryWatchdog(powers).watch({
      memory: () => (isThere ? { resident: 1, anonymous: 1 } : undefined),
      allowance_bytes: 1,
      onOver: () => (over += 1),
    });
    isThere = false;
    tick();
    expect(over).toBe(0);
  });
});

describe.skipIf(process.platform !== 'linux')('memory under /proc', () => {
  it("is this process's own, in bytes", () => {
    const pageBytes = readPageBytes(systemPowers);
    expect([4096, 16384, 65536]).toContain(pageBytes);
    const memory = readMemory(systemPowers, { pid: process.pid, pageBytes });
    expect(memory?.resident).toBeGreaterThan(10_000_000);
    expect(memory?.anonymous).toBeLessThan(memory?.resident ?? 0);
  });

  it('is undefined for a process that is gone', () => {
    expect(readMemory(systemPowers, { pid: 2 ** 30, pageBytes: 4096 })).toBeUndefined();
  });
});
