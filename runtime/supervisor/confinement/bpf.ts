/**
 * A seccomp filter is a classic BPF program over `struct seccomp_data { nr, arch, ip, args[6] }` (linux/seccomp.h), eight
 * bytes an instruction: code, jump-if-true, jump-if-false, constant (linux/filter.h). Assembled here, so that no native
 * code and no library is needed.
 */
export const loadWord = 0x20;
export const jumpIfEqual = 0x15;
export const jumpIfAtLeast = 0x35;
export const jumpIfAnyBit = 0x45;
export const answerWith = 0x06;

export const callNumberOffset = 0;
export const architectureOffset = 4;
/** The low half of the first argument; little-endian on both architectures. */
export const firstArgumentOffset = 16;

export const allow = 0x7fff0000;
/** With the number of an error. */
export const failWith = 0x00050000;
export const operationNotPermitted = 1;
export const notImplemented = 38;

/** x86_64 also accepts the x32 numbers, from here on. */
export const firstX32Call = 0x40000000;

/** Instructions to skip. */
type Skip = number | 'next';

/** The bytes of one instruction. */
export function instruction(
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

/** Answers one system call so; the call's number is what was loaded. */
export function answerFor(callNumber: number, answer: number): readonly Uint8Array[] {
  return [instruction(jumpIfEqual, callNumber, { whenTrue: 'next', whenFalse: 1 }), instruction(answerWith, answer)];
}
