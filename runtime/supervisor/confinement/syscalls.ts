/** What a seccomp filter has to know of an architecture. */
export interface SyscallTable {
  /** AUDIT_ARCH_*, see linux/audit.h. */
  readonly architecture: number;
  readonly clone: number;
  readonly clone3: number;
  /** Calls that answer EPERM, by name. */
  readonly denied: Readonly<Record<string, number>>;
}

/** The same numbers on every architecture, since Linux 5.1 and later. */
const common = {
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_open: 434,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  memfd_secret: 447,
} as const;

/** asm/unistd_64.h */
const x64: SyscallTable = {
  architecture: 0xc000003e,
  clone: 56,
  clone3: 435,
  denied: {
    ...common,
    socket: 41,
    connect: 42,
    accept: 43,
    bind: 49,
    listen: 50,
    fork: 57,
    vfork: 58,
    ptrace: 101,
    syslog: 103,
    personality: 135,
    modify_ldt: 154,
    pivot_root: 155,
    chroot: 161,
    acct: 163,
    mount: 165,
    umount2: 166,
    swapon: 167,
    swapoff: 168,
    reboot: 169,
    sethostname: 170,
    setdomainname: 171,
    iopl: 172,
    ioperm: 173,
    init_module: 175,
    delete_module: 176,
    quotactl: 179,
    mbind: 237,
    set_mempolicy: 238,
    kexec_load: 246,
    add_key: 248,
    request_key: 249,
    keyctl: 250,
    migrate_pages: 256,
    unshare: 272,
    vmsplice: 278,
    move_pages: 279,
    accept4: 288,
    perf_event_open: 298,
    fanotify_init: 300,
    name_to_handle_at: 303,
    open_by_handle_at: 304,
    setns: 308,
    process_vm_readv: 310,
    process_vm_writev: 311,
    kcmp: 312,
    finit_module: 313,
    memfd_create: 319,
    kexec_file_load: 320,
    bpf: 321,
    execveat: 322,
    userfaultfd: 323,
  },
};

/** asm-generic/unistd.h */
const arm64: SyscallTable = {
  architecture: 0xc00000b7,
  clone: 220,
  clone3: 435,
  denied: {
    ...common,
    umount2: 39,
    mount: 40,
    pivot_root: 41,
    chroot: 51,
    quotactl: 60,
    vmsplice: 75,
    acct: 89,
    personality: 92,
    unshare: 97,
    kexec_load: 104,
    init_module: 105,
    delete_module: 106,
    syslog: 116,
    ptrace: 117,
    reboot: 142,
    sethostname: 161,
    setdomainname: 162,
    socket: 198,
    bind: 200,
    listen: 201,
    accept: 202,
    connect: 203,
    add_key: 217,
    request_key: 218,
    keyctl: 219,
    swapon: 224,
    swapoff: 225,
    mbind: 235,
    set_mempolicy: 237,
    migrate_pages: 238,
    move_pages: 239,
    perf_event_open: 241,
    accept4: 242,
    fanotify_init: 262,
    name_to_handle_at: 264,
    open_by_handle_at: 265,
    setns: 268,
    process_vm_readv: 270,
    process_vm_writev: 271,
    kcmp: 272,
    finit_module: 273,
    memfd_create: 279,
    bpf: 280,
    execveat: 281,
    userfaultfd: 282,
    kexec_file_load: 294,
  },
};

/** By Node's name of the architecture; undefined where there is no table, and then no filter. */
export function syscallTable(architecture: string): SyscallTable | undefined {
  switch (architecture) {
    case 'x64':
      return x64;
    case 'arm64':
      return arm64;
    default:
      return undefined;
  }
}
