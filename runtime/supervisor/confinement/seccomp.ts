import type { SyscallTable } from './syscalls.ts';

/**
 * A seccomp filter is a classic BPF program over `struct seccomp_data { nr, arch, ip, args[6] }` (linux/seccomp.h), eight
 * bytes an instruction: code, jump-if-true, jump-if-false, constant (linux/filter.h). Assembled here, so that no native
 * code and no library is needed.
 */
const loadWord = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAnyBit = 0x45;
const answerWith = 0x06;

const callNumberOffset = 0;
const architectureOffset = 4;
/** The low half of the first argument; little-endian on both architectures. */
const firstArgumentOffset = 16;

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const failWith = 0x00050000;
const operationNotPermitted = 1;
const notImplemented = 38;

/** x86_64 also accepts the x32 numbers, from here on. */
const firstX32Call = 0x40000000;
const cloneThread = 0x00010000;

/** The filter's bytes, as bubblewrap's --seccomp reads them. */
export function assembleFilter(table: SyscallTable): Uint8Array {
  return Buffer.concat([
    instruction(loadWord, architectureOffset),
    // A call of another architecture has other numbers.
    instruction(jumpIfEqual, table.architecture, { whenFalse: 'next', whenTrue: 1 }),
    instruction(answerWith, killProcess),
    instruction(loadWord, callNumberOffset),
    instruction(jumpIfAtLeast, firstX32Call, { whenTrue: 'next', whenFalse: 1 }),
    instruction(answerWith, failWith | notImplemented),
    ...Object.values(table.denied).flatMap((number) => answerFor(number, operationNotPermitted)),
    // The C library falls back to clone, whose flags a filter can see.
    ...answerFor(table.clone3, notImplemented),
    // clone makes threads, never processes.
    instruction(jumpIfEqual, table.clone, { whenTrue: 'next', whenFalse: 4 }),
    instruction(loadWord, firstArgumentOffset),
    instruction(jumpIfAnyBit, cloneThread, { whenTrue: 1, whenFalse: 'next' }),
    instruction(answerWith, failWith | operationNotPermitted),
    instruction(loadWord, callNumberOffset),
    instruction(answerWith, allow),
  ]);
}

function answerFor(callNumber: number, error: number): readonly Uint8Array[] {
  return [
    instruction(jumpIfEqual, callNumber, { whenTrue: 'next', whenFalse: 1 }),
    instruction(answerWith, failWith | error),
  ];
}

/** Instructions to skip. */
type Skip = number | 'next';

function instruction(
  code: number,
  constant: number,
  jump: { readonly whenTrue: Skip; readonly whenFalse: Skip } = { whenTrue: 'next', whenFalse: 'next' },
): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes[2] = jump.whenTrue === 'next' ? 0 : jump.whenTrue;
  bytes[3] = jump.whenFalse === 'next' ? 0 : jump.whenFalse;
  bytes.writeUInt32LE(constant >>> 0, 4);
  return bytes;
}
