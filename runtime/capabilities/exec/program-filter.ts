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
} from '../../supervisor/confinement/bpf.ts';
import { syscallTable } from '../../supervisor/confinement/syscalls.ts';

const notPermitted = failWith | operationNotPermitted;
/** EAFNOSUPPORT */
const familyNotSupported = failWith | 97;
const cloneNewUser = 0x10000000;

/** Refused whatever their arguments, as the sandbox host's filter knows them by name. */
const refusedCalls: readonly string[] = [
  'add_key request_key keyctl',
  'bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register',
  'init_module finit_module delete_module kexec_load kexec_file_load iopl ioperm syslog reboot acct swapon swapoff',
  'mount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root setns',
  'open_by_handle_at fanotify_init quotactl quotactl_fd',
].flatMap((names) => names.split(' '));

/** AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK: the families that a network namespace parts and that programs need. */
const parted: readonly number[] = [1, 2, 10, 16];

/**
 * The seccomp filter of a program in profile workspace: it takes away what no namespace parts, so that it would be the machine's. Kernel
 * keyrings (the agent's own are inherited), sockets of families without a namespace (vsock reaches the hypervisor), loading code
 * into the kernel, and the kernel's parts with the longest record of holes. What compilers, interpreters and debuggers use stays.
 * Its bytes are as bubblewrap's --seccomp reads them; undefined for an architecture that isn't known here.
 */
export function programFilter(arch: string): Uint8Array | undefined {
  const table = syscallTable(arch);
  if (table === undefined) return undefined;
  const { socket = 0, unshare = 0 } = table.denied;
  return Buffer.concat([
    instruction(loadWord, architectureOffset),
    // A call of another architecture has other numbers: none of these is let through.
    instruction(jumpIfEqual, table.architecture, { whenTrue: 1, whenFalse: 'next' }),
    instruction(answerWith, failWith | notImplemented),
    instruction(loadWord, callNumberOffset),
    instruction(jumpIfAtLeast, firstX32Call, { whenTrue: 'next', whenFalse: 1 }),
    instruction(answerWith, failWith | notImplemented),
    // The C library falls back to clone, whose flags a filter can see.
    ...answerFor(table.clone3, failWith | notImplemented),
    // A call that an architecture doesn't have needs no instruction.
    ...refusedCalls.flatMap((name) => {
      const number = table.denied[name];
      return number === undefined ? [] : answerFor(number, notPermitted);
    }),
    instruction(jumpIfEqual, socket, { whenTrue: 'next', whenFalse: parted.length + 2 }),
    instruction(loadWord, firstArgumentOffset),
    ...parted.map((family, index) =>
      instruction(jumpIfEqual, family, { whenTrue: parted.length - index, whenFalse: 'next' }),
    ),
    instruction(answerWith, familyNotSupported),
    instruction(loadWord, callNumberOffset),
    instruction(jumpIfEqual, table.clone, { whenTrue: 1, whenFalse: 'next' }),
    instruction(jumpIfEqual, unshare, { whenTrue: 'next', whenFalse: 3 }),
    instruction(loadWord, firstArgumentOffset),
    instruction(jumpIfAnyBit, cloneNewUser, { whenTrue: 'next', whenFalse: 1 }),
    instruction(answerWith, notPermitted),
    instruction(answerWith, allow),
  ]);
}
