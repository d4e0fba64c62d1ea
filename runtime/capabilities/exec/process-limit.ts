import type { AbsolutePath } from '../../../schemas/index.ts';
import { type BinarySearch, findBinaryIfThere } from './binary.ts';
import type { Owner } from './folder.ts';
import { processHeadroom } from './group.ts';
import type { ExecPowers } from './powers.ts';
import { exitOf } from './program.ts';

/** What limiting the processes of a namespace needs. */
export interface ProcessLimitSetup {
  readonly prlimit: AbsolutePath | undefined;
  /** The user that the program runs as, where that isn't the agent's own. */
  readonly owner: Owner;
  readonly uid: number | undefined;
  /** The kernel's release. */
  readonly kernel: string;
  readonly search: BinarySearch;
  readonly powers: Pick<ExecPowers, 'spawn'>;
}

/** Below this the kernel gives no number out again once it has come to the end (RESERVED_PIDS). */
const reservedNumbers = 300;

/**
 * Has the kernel refuse processes over a number, so that a fork bomb doesn't even grow until the watchdog sees it; over the
 * limit (by 16, or for root by 316), so that what comes to it is ended. Undefined where this kernel would count strangers, or nothing: then there is the
 * watchdog. The answer is given the first process of the program's namespace.
 */
export function processLimit(most: number, setup: ProcessLimitSetup): ((first: number) => Promise<void>) | undefined {
  const { owner, uid, kernel, prlimit } = setup;
  const isRoot = (owner?.uid ?? uid) === 0;
  // Before 5.14 RLIMIT_NPROC counts all of the user's processes; since then those of the user namespace.
  if (!isRoot && prlimit !== undefined && isAtLeast(kernel, 5, 14)) {
    return (first) => limitByUser(first, { most, prlimit, setup });
  }
  // The kernel exempts root from it, whatever it is called inside. Since 6.14 each PID namespace has a pid_max of its own;
  // before, this would set the machine's.
  if (isRoot && isAtLeast(kernel, 6, 14)) return (first) => limitByNumbers(first, most, setup);
  return undefined;
}

/** RLIMIT_NPROC, set as the same user, which takes no privilege. */
async function limitByUser(
  first: number,
  {
    most,
    prlimit,
    setup,
  }: { readonly most: number; readonly prlimit: AbsolutePath; readonly setup: ProcessLimitSetup },
): Promise<void> {
  const limit = most + processHeadroom;
  const child = setup.powers.spawn(prlimit, ['--pid', String(first), `--nproc=${limit}:${limit}`], {
    stdio: 'ignore',
    env: {},
    cwd: '/',
    ...setup.owner,
  });
  const { code, error } = await exitOf(child);
  if (code !== 0)
    throw new Error(`the number of its processes can't be limited (${error?.message ?? `prlimit: ${code}`})`);
}

/** Root may lack nsenter, or what it takes to enter; the watchdog is there all the same. */
async function limitByNumbers(first: number, most: number, { search, powers }: ProcessLimitSetup): Promise<void> {
  const nsenter = findBinaryIfThere('nsenter', search);
  if (nsenter === undefined) return;
  const numbers = reservedNumbers + most + processHeadroom;
  const script = `${inOtherNamespace(process.pid)} && echo ${numbers} >/proc/sys/kernel/pid_max`;
  const child = powers.spawn(nsenter.path, ['--target', String(first), '--pid', '--', '/bin/sh', '-c', script], {
    stdio: 'ignore',
    env: {},
    cwd: '/',
  });
  await exitOf(child);
}

/**
 * True in a shell that is in another PID namespace than the agent. The file below is the machine's wherever that isn't so: it must never be
 * written by mistake, whatever became of the process that was to be entered.
 */
function inOtherNamespace(agent: number): string {
  const [own, machine] = ['/proc/self/ns/pid', `/proc/${agent}/ns/pid`];
  return `[ -e ${own} ] && [ -e ${machine} ] && [ ! ${own} -ef ${machine} ]`;
}

/** Compares a release such as `6.1.0-18-amd64`. */
function isAtLeast(release: string, major: number, minor: number): boolean {
  const [givenMajor = 0, givenMinor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  return givenMajor > major || (givenMajor === major && givenMinor >= minor);
}
