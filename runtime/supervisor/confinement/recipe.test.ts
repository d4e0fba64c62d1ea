import { describe, expect, it } from 'vitest';
import type { Installation } from './installation.ts';
import { findLeakedDescriptors } from './installation.ts';
import { dataLimitBytes, memoryClasses, memoryClassFor } from './memory-class.ts';
import { hostCommand } from './recipe.ts';

const installation: Installation = {
  folder: '/tmp/f',
  node: '/opt/node',
  libraries: [{ path: '/lib64/ld.so', file: '/usr/lib64/ld-2.36.so' }],
  app: '/tmp/f/app',
  isolatedVm: '/opt/isolated_vm.node',
  extism: '/opt/extism',
  tools: { bwrap: '/usr/bin/bwrap', prlimit: '/usr/bin/prlimit', setpriv: '/usr/bin/setpriv' },
  seccompFilter: '/tmp/f/seccomp.bpf',
  user: undefined,
  leakedDescriptors: [250],
};
const kind = { runtime: 'isolate', memoryClass: 64, level: 3 } as const;
const wordsOf = (overrides: Partial<Parameters<typeof hostCommand>[0]>) => {
  const { command, argv } = hostCommand({ ...kind, ...overrides }, installation);
  return [command, ...argv];
};

describe('the command of a sandbox host', () => {
  it('sets rlimits first, then namespaces, then starts Node', () => {
    const words = wordsOf({});
    const [prlimit, bwrap, node] = ['/usr/bin/prlimit', '/usr/bin/bwrap', '/n/node'].map((word) =>
      words.lastIndexOf(word),
    );
    expect([prlimit, bwrap, node].toSorted((one = 0, other = 0) => one - other)).toEqual([prlimit, bwrap, node]);
    expect(prlimit).toBe(0);
  });

  it('takes one thing away at each level down', () => {
    expect(wordsOf({ level: 3 })).toContain('--seccomp');
    expect(wordsOf({ level: 2 })).not.toContain('--seccomp');
    expect(wordsOf({ level: 2 })).toContain('--unshare-all');
    expect(wordsOf({ level: 1 })).not.toContain('--unshare-all');
    expect(wordsOf({ level: 1 })).toContain('--nofile=64');
    expect(wordsOf({ level: 0 })).not.toContain('--nofile=64');
    for (const level of [0, 1, 2, 3] as const) expect(wordsOf({ level })).toContain('--permission');
  });

  it('waits, at level 4, until it is in its group', () => {
    const words = wordsOf({ level: 4 });
    expect(words[0]).toBe('/bin/sh');
    expect(words).toContain('--seccomp');
    expect(words.slice(-wordsOf({}).length, -1)).toEqual(wordsOf({}).slice(0, -1));
    expect(hostCommand({ ...kind, level: 4 }, installation).waits).toBe(true);
    expect(hostCommand(kind, installation).waits).toBe(false);
  });

  it('has the kernel end the host with its agent at every level', () => {
    expect(wordsOf({ level: 3 })).toContain('--die-with-parent');
    expect(wordsOf({ level: 1 })).toContain('--pdeathsig');
    expect(wordsOf({ level: 0 })).toContain('--pdeathsig');
  });

  it('makes no code at run time for an isolate, and bounds the pages of a module', () => {
    expect(wordsOf({})).toContain('--jitless');
    expect(wordsOf({ runtime: 'wasm', memoryClass: 128 })).toContain('--wasm-max-mem-pages=2048');
    expect(wordsOf({ runtime: 'wasm' })).not.toContain('--jitless');
    expect(wordsOf({ runtime: 'wasm' })).not.toContain('--allow-addons');
  });

  it('shows a host its engine only', () => {
    expect(wordsOf({})).not.toContain('/opt/extism');
    expect(wordsOf({ runtime: 'wasm' })).not.toContain('/opt/isolated_vm.node');
  });

  it('tells the host which descriptors to close', () => {
    expect(JSON.parse(wordsOf({}).at(-1) ?? '')).toMatchObject({ runtime: 'isolate', close: [250] });
  });
});

describe('a memory class', () => {
  it('is the smallest that holds the limit', () => {
    const mebibyte = 1024 * 1024;
    expect([1, 64, 65, 128, 300, 512, 513].map((size) => memoryClassFor(size * mebibyte))).toEqual([
      64,
      64,
      128,
      128,
      512,
      512,
      undefined,
    ]);
  });

  it('has an rlimit that lets the host start and no more than its class beside that', () => {
    for (const memoryClass of memoryClasses) {
      expect(dataLimitBytes('isolate', memoryClass)).toBe((112 + memoryClass) * 1024 * 1024);
      expect(dataLimitBytes('wasm', memoryClass)).toBe((640 + memoryClass) * 1024 * 1024);
    }
  });
});

describe('leaked descriptors', () => {
  it('are those above the standard ones without close-on-exec', () => {
    const flags: Readonly<Record<number, string>> = { 1: '0100002', 17: '02000002', 20: '0100000', 21: '02100000' };
    const readText = (path: string) => {
      const found = flags[Number(path.split('/').at(-1))];
      return found === undefined ? undefined : `pos:\t0\nflags:\t${found}\nmnt_id:\t15\n`;
    };
    expect(findLeakedDescriptors([1, 17, 20, 21, 99], { readText })).toEqual([20]);
  });
});
