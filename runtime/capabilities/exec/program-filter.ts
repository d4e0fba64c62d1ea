import { syscallTable } from '../../supervisor/confinement/syscalls.ts';

/**
 * The seccomp filter of a program in profile workspace: it takes away what no namespace parts, so that it would be the machine's. Kernel
 * keyrings (the agent's own are inherited), sockets of families without a namespace (vsock reaches the hypervisor), loading code
 * into the kernel, and the kernel's parts with the longest record of holes. What compilers, interpreters and debuggers use stays.
 * Classic BPF over `struct seccomp_data` (linux/seccomp.h).
 */
const loadWord = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAnyBit = 0x45;
const answerWith = 0x06;

const callNumber = 0;
const architecture = 4;
/** The low half of the first argument: the flags of clone and unshare, the family of socket. */
const firstArgument = 16;

const allow = 0x7fff0000;
const notPermitted = 0x00050001;
const notImplemented = 0x00050026;
const familyNotSupported = 0x00050061;

const cloneNewUser = 0x10000000;
/** x86_64 also takes the numbers of x32, from here on. */
const firstX32Call = 0x40000000;

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

/** Code, constant, and how many instructions to skip where it is so and where not. */
type Instruction = readonly [code: number, constant: number, ifTrue: number, ifFalse: number];

/** The filter's bytes, as bubblewrap's --seccomp reads them; undefined for an architecture that isn't known here. */
export function programFilter(arch: string): Uint8Array | undefined {
  const table = syscallTable(arch);
  if (table === undefined) return undefined;
  const { socket = 0, unshare = 0 } = table.denied;
  return assemble([
    [loadWord, architecture, 0, 0],
    // A call of another architecture has other numbers: none of these is let through.
    [jumpIfEqual, table.architecture, 1, 0],
    [answerWith, notImplemented, 0, 0],
    [loadWord, callNumber, 0, 0],
    [jumpIfAtLeast, firstX32Call, 0, 1],
    [answerWith, notImplemented, 0, 0],
    // The C library falls back to clone, whose flags a filter can see.
    [jumpIfEqual, table.clone3, 0, 1],
    [answerWith, notImplemented, 0, 0],
    ...refusedCalls.flatMap((name) => refuse(table.denied[name])),
    [jumpIfEqual, socket, 0, parted.length + 2],
    [loadWord, firstArgument, 0, 0],
    ...parted.map((family, index): Instruction => [jumpIfEqual, family, parted.length - index, 0]),
    [answerWith, familyNotSupported, 0, 0],
    [loadWord, callNumber, 0, 0],
    [jumpIfEqual, table.clone, 1, 0],
    [jumpIfEqual, unshare, 0, 3],
    [loadWord, firstArgument, 0, 0],
    [jumpIfAnyBit, cloneNewUser, 0, 1],
    [answerWith, notPermitted, 0, 0],
    [answerWith, allow, 0, 0],
  ]);
}

/** A call that an architecture doesn't have needs no instruction. */
function refuse(number: number | undefined): readonly Instruction[] {
  if (number === undefined) return [];
  return [
    [jumpIfEqual, number, 0, 1],
    [answerWith, notPermitted, 0, 0],
  ];
}

function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, constant, ifTrue, ifFalse]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes[index * 8 + 2] = ifTrue;
    bytes[index * 8 + 3] = ifFalse;
    bytes.writeUInt32LE(constant >>> 0, index * 8 + 4);
  }
  return bytes;
}
