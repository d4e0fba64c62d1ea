/**
 * A seccomp filter that refuses new user namespaces, and lets every other call be. It stands in for bubblewrap's
 * --disable-userns where the agent has to enter the program's namespaces as an ordinary user: that option makes a second user
 * namespace, from which the network's can't be entered any more. Classic BPF over `struct seccomp_data` (linux/seccomp.h).
 */
const loadWord = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAnyBit = 0x45;
const answerWith = 0x06;

const callNumber = 0;
const architecture = 4;
/** The low half of the first argument, which holds the flags of clone and unshare on both architectures. */
const firstArgument = 16;

const allow = 0x7fff0000;
const notPermitted = 0x00050001;
const notImplemented = 0x00050026;

const cloneNewUser = 0x10000000;
/** x86_64 also takes the numbers of x32, from here on. */
const firstX32Call = 0x40000000;
/** The same on both. The C library falls back to clone, whose flags a filter can see. */
const clone3 = 435;

const tables: Readonly<Record<string, { readonly audit: number; readonly clone: number; readonly unshare: number }>> = {
  x64: { audit: 0xc000003e, clone: 56, unshare: 272 },
  arm64: { audit: 0xc00000b7, clone: 220, unshare: 97 },
};

/** The filter's bytes, as bubblewrap's --seccomp reads them; undefined for an architecture that isn't known here. */
export function userNamespaceFilter(arch: string): Uint8Array | undefined {
  const table = Object.hasOwn(tables, arch) ? tables[arch] : undefined;
  if (table === undefined) return undefined;
  const program: readonly (readonly [code: number, constant: number, ifTrue: number, ifFalse: number])[] = [
    [loadWord, architecture, 0, 0],
    // A call of another architecture has other numbers: none of these is let through.
    [jumpIfEqual, table.audit, 1, 0],
    [answerWith, notImplemented, 0, 0],
    [loadWord, callNumber, 0, 0],
    [jumpIfAtLeast, firstX32Call, 1, 0],
    [jumpIfEqual, clone3, 0, 1],
    [answerWith, notImplemented, 0, 0],
    [jumpIfEqual, table.clone, 1, 0],
    [jumpIfEqual, table.unshare, 0, 3],
    [loadWord, firstArgument, 0, 0],
    [jumpIfAnyBit, cloneNewUser, 0, 1],
    [answerWith, notPermitted, 0, 0],
    [answerWith, allow, 0, 0],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, constant, ifTrue, ifFalse]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes[index * 8 + 2] = ifTrue;
    bytes[index * 8 + 3] = ifFalse;
    bytes.writeUInt32LE(constant >>> 0, index * 8 + 4);
  }
  return bytes;
}
