import {
  allow,
  answerFor,
  answerWith,
  architectureOffset,
  callNumberOffset,
  failWith,
  firstArgumentOffset,
  firstX32Call,
  instruction,
  jumpIfAnyBit,
  jumpIfAtLeast,
  jumpIfEqual,
  loadWord,
  notImplemented,
  operationNotPermitted,
} from './bpf.ts';
import type { SyscallTable } from './syscalls.ts';

const killProcess = 0x80000000;
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
    ...Object.values(table.denied).flatMap((number) => answerFor(number, failWith | operationNotPermitted)),
    // The C library falls back to clone, whose flags a filter can see.
    ...answerFor(table.clone3, failWith | notImplemented),
    // clone makes threads, never processes.
    instruction(jumpIfEqual, table.clone, { whenTrue: 'next', whenFalse: 4 }),
    instruction(loadWord, firstArgumentOffset),
    instruction(jumpIfAnyBit, cloneThread, { whenTrue: 1, whenFalse: 'next' }),
    instruction(answerWith, failWith | operationNotPermitted),
    instruction(loadWord, callNumberOffset),
    instruction(answerWith, allow),
  ]);
}
