import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LoadedPlugin } from '../plugin.ts';
import { requestOf, script, wasm } from '../testing/invocation.ts';
import { startSupervisor } from '../testing/supervisors.ts';
import { op } from '../testing/wasm-builder.ts';
import { code, runModule } from '../testing/wasm-modules.ts';
import { systemPowers } from './powers.ts';

const mebibyte = 1024 * 1024;
const limit = 64 * mebibyte;
const tolerated = 32 * mebibyte;
const runs = 5;

/** Many memories, each within the bound of one, filled one after the other. */
const manyMemories = Array.from({ length: 60 }, () => ({ pages: 512 }));
const fillAll = manyMemories.flatMap((_, memory) => [
  ...code(['i32', 0], ['i32', 1], ['i32', 512 * 65536]),
  ...(op['memoryFill']?.(memory) ?? []),
]);

/** The most that a process ever held, from the kernel. Undefined where it is gone. */
function peakOf(pid: number): number | undefined {
  const kibibytes = /^VmHWM:\s+(\d+)/m.exec(systemPowers.readText(`/proc/${pid}/status`) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Runs a bomb in a new host; by how much that exceeded the limit, looked at until the kernel has ended it. */
async function overshoot(bomb: LoadedPlugin): Promise<{ readonly code: string; readonly bytes: number }> {
  const { runtime } = bomb.code;
  const peaks = new Map<number, number>();
  const look = (): void => {
    for (const pid of peaks.keys()) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid) ?? 0));
  };
  const powers = {
    ...systemPowers,
    kill: (pid: number) => {
      systemPowers.kill(pid);
      const isThere = (): boolean => [...peaks.keys()].some((each) => (peakOf(each) ?? 0) > 0);
      for (let looks = 0; looks < 10_000 && isThere(); looks += 1) look();
    },
  };
  const spares = { isolate: runtime === 'isolate' ? 1 : 0, wasm: runtime === 'wasm' ? 1 : 0 };
  const supervisor = await startSupervisor({ powers, pool: { spares, ceiling: 2 } });
  while (!supervisor.hosts().some((host) => host.runtime === runtime)) await new Promise(setImmediate);
  const host = supervisor.hosts().find((each) => each.runtime === runtime);
  const start = host?.resident_bytes ?? 0;
  peaks.set(host?.pid ?? 0, start);
  const stop = systemPowers.every(1, look);
  const outcome = await supervisor.invoke(requestOf(bomb, { limits: { memory_bytes: limit } }));
  stop();
  await supervisor[Symbol.asyncDispose]();
  const end = outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
  return { code: end, bytes: Math.max(...peaks.values()) - start - limit };
}

const isLinux = process.platform === 'linux' && readFileSync('/proc/self/status', 'utf8').includes('VmHWM');

describe.skipIf(!isLinux)('a bomb that fills memory as fast as it can', () => {
  it.each([
    ['typed arrays', script('const all = []; for (;;) all.push(new Uint8Array(1 << 22).fill(1));')],
    ['arrays', script('const all = []; for (;;) all.push(new Array(100000).fill(1.5));')],
    [
      'strings',
      script(
        "const all = []; for (let i = 0; ; i += 1) { const text = ('x' + i).repeat(1 << 20); text.charCodeAt(5); all.push([0, 1, 2].map((n) => text + n).join('')); }",
      ),
    ],
    ['WASM memory', wasm(runModule(fillAll, { memories: manyMemories }))],
  ])('of %s is ended before it holds 32 MiB more than its limit', async (_, bomb) => {
    for (let run = 0; run < runs; run += 1) {
      const end = await overshoot(bomb);
      expect(end.code).toBe('OUT_OF_MEMORY');
      expect(end.bytes).toBeLessThan(tolerated);
    }
  });
});

describe.skipIf(!isLinux)('a guest that never looks up', () => {
  it.each([
    ['in an isolate', script('for (;;) {}')],
    ['in WASM', wasm(runModule(code(['loop'], ['br', 0], ['end'])))],
  ])('%s is gone 250 ms after its deadline', async (_, endless) => {
    const supervisor = await startSupervisor();
    const late: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const startedAt = performance.now();
      const outcome = await supervisor.invoke(requestOf(endless, { limits: { timeout_ms: 300 } }));
      expect(outcome).toMatchObject({ error: { code: 'TIMEOUT' } });
      late.push(performance.now() - startedAt - 300);
    }
    // The best of three, the start of a host included: a machine that is busy otherwise has its own delays.
    expect(Math.min(...late)).toBeLessThan(250);
  });
});
