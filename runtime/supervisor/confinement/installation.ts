import type { SupervisorPowers } from '../powers.ts';

/** Everything on this machine that a sandbox host is made of; paths are absolute and readable by the host's user. */
export interface Installation {
  /** A folder of our own, removed at the end; holds what follows where it had to be copied. */
  readonly folder: string;
  readonly node: string;
  /** The shared libraries of `node`, as the loader looks for them, each with the file that is there. */
  readonly libraries: readonly { readonly path: string; readonly file: string }[];
  /** The sandbox host as JavaScript: `host/main.js`, and `guest/` for the isolate. */
  readonly app: string;
  /** isolated-vm's native module. */
  readonly isolatedVm: string;
  /** The folder of Extism's CommonJS bundle, `mod.js`. */
  readonly extism: string;
  readonly tools: Tools;
  /** The assembled seccomp filter; undefined where this architecture has no table. */
  readonly seccompFilter: string | undefined;
  /** Who the hosts run as, where the agent is root. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** Inherited descriptors that a child would inherit, too. */
  readonly leakedDescriptors: readonly number[];
}

/** Programs of util-linux and bubblewrap, where they were found. */
export interface Tools {
  readonly bwrap: string | undefined;
  readonly prlimit: string | undefined;
  readonly setpriv: string | undefined;
}

/** Nobody, on every Linux that we know. */
export const unprivilegedUser: { readonly uid: number; readonly gid: number } = { uid: 65534, gid: 65534 };

/** O_CLOEXEC as /proc/PID/fdinfo shows it, in octal. */
const closeOnExec = 0o2000000;

/**
 * Descriptors above the standard ones that this process was started with and that pass on through every spawn. Node opens
 * its own with close-on-exec; what it got from its launcher it leaves as it is, and nothing in Node can change that.
 */
export function findLeakedDescriptors(
  descriptors: readonly number[],
  powers: Pick<SupervisorPowers, 'readText'>,
): readonly number[] {
  return descriptors.filter((descriptor) => {
    const flags = /^flags:\s*([0-7]+)$/m.exec(powers.readText(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1];
    return flags !== undefined && descriptor > 2 && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  });
}
