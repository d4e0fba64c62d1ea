import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleFilter } from './seccomp.ts';
import { type SyscallTable, syscallTable } from './syscalls.ts';

const allow = 0x7fff0000;
const kill = 0x80000000;
const notPermitted = 0x00050001;
const notImplemented = 0x00050026;

/** Runs a classic BPF program over a system call, as the kernel would: only the instructions that filters use. */
function decide(program: Uint8Array, call: { number: number; architecture: number; firstArgument?: number }): number {
  const code = Buffer.from(program);
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.architecture, 4);
  data.writeUInt32LE(call.firstArgument ?? 0, 16);
  let accumulator = 0;
  for (let at = 0; at < code.byteLength; at += 8) {
    const constant = code.readUInt32LE(at + 4);
    const jump = (isTrue: boolean) => 8 * (code[at + (isTrue ? 2 : 3)] ?? 0);
    switch (code.readUInt16LE(at)) {
      case 0x20:
        accumulator = data.readUInt32LE(constant);
        break;
      case 0x15:
        at += jump(accumulator === constant);
        break;
      case 0x35:
        at += jump(accumulator >= constant);
        break;
      case 0x45:
        at += jump((accumulator & constant) !== 0);
        break;
      case 0x06:
        return constant;
      default:
        throw new Error(`unknown instruction at ${at}`);
    }
  }
  throw new Error('the program has no end');
}

function tableOf(architecture: string): SyscallTable {
  const table = syscallTable(architecture);
  if (table === undefined) throw new Error(`no table for ${architecture}`);
  return table;
}

describe.each(['x64', 'arm64'])('the filter for %s', (name) => {
  const table = tableOf(name);
  const program = assembleFilter(table);
  const decision = (number: number, firstArgument = 0) =>
    decide(program, { number, architecture: table.architecture, firstArgument });

  it('is made of whole instructions', () => {
    expect(program.byteLength % 8).toBe(0);
    expect(program.byteLength / 8).toBeLessThan(4096);
  });

  it('refuses every call of the table', () => {
    for (const [call, number] of Object.entries(table.denied)) {
      expect({ call, decision: decision(number) }).toEqual({ call, decision: notPermitted });
    }
  });

  it('lets threads be made, and no processes', () => {
    const cloneThread = 0x00010000;
    const cloneNewUser = 0x10000000;
    expect(decision(table.clone, cloneThread | 0x3d0f00)).toBe(allow);
    expect(decision(table.clone, 17)).toBe(notPermitted);
    expect(decision(table.clone, cloneNewUser)).toBe(notPermitted);
    expect(decision(table.clone3)).toBe(notImplemented);
  });

  it('kills a call of another architecture, and has none of x32', () => {
    expect(decide(program, { number: 0, architecture: 0x40000003 })).toBe(kill);
    expect(decision(0x40000000 + 41)).toBe(notImplemented);
  });

  it('allows every other call', () => {
    const special = new Set([...Object.values(table.denied), table.clone, table.clone3]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), (number) => {
        fc.pre(!special.has(number));
        expect(decision(number)).toBe(allow);
      }),
    );
  });
});

describe.each([
  ['x64', ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h']],
  ['arm64', ['/usr/include/asm-generic/unistd.h']],
])('the call numbers of %s', (name, headers) => {
  const header = headers.find((file) => existsSync(file));

  it.skipIf(header === undefined)("are those of the system's headers", () => {
    const defined = new Map(
      [...readFileSync(header ?? '', 'utf8').matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm)].map(
        ([, call = '', number]) => [call, Number(number)] as const,
      ),
    );
    const { denied, clone, clone3 } = tableOf(name);
    // An older header doesn't know the newest calls.
    const known = Object.entries({ ...denied, clone, clone3 }).filter(([call]) => defined.has(call));
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(known.map(([call]) => [call, defined.get(call)])));
    expect([...defined.keys()].filter((call) => call in denied).length).toBeGreaterThan(40);
  });
});

it('has no filter for an architecture that it does not know', () => {
  expect(syscallTable('riscv64')).toBeUndefined();
});
