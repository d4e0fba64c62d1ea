import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;
/** stdin, stdout and stderr are always replaced. */
const firstInherited = 3;

/**
 * Descriptors that the agent itself got from whatever started it and that would pass on into every program (Node opens its
 * own close-on-exec). Node can't close them in the child, so the child gets /dev/null in their place.
 */
function inheritedDescriptors(): readonly number[] {
  const found: number[] = [];
  for (const name of listDescriptors()) {
    const fd = Number(name);
    if (fd < firstInherited) continue;
    const flags = flagsOf(fd);
    if (flags !== undefined && (flags & closeOnExec) === 0) found.push(fd);
  }
  return found;
}

/** One entry of a stdio list: what each of our launches needs. */
export type StdioEntry = 'ignore' | 'pipe' | number;

/**
 * Runs `start` with a stdio list that covers the inherited descriptors; `own` are the entries from 0 on that the caller
 * needs. The covering descriptor is the agent's only for the time of the call.
 */
export function withCoveredDescriptors<Result>(
  own: readonly StdioEntry[],
  start: (stdio: StdioEntry[]) => Result,
): Result {
  const inherited = inheritedDescriptors().filter((fd) => fd >= own.length);
  const cover = openSync('/dev/null', 'r');
  try {
    const stdio = [...own];
    const last = Math.max(-1, ...inherited);
    for (let fd = own.length; fd <= last; fd += 1) stdio[fd] = inherited.includes(fd) ? cover : 'ignore';
    return start(stdio);
  } finally {
    closeSync(cover);
  }
}

function listDescriptors(): readonly string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch {
    // Not Linux: nothing to go by.
    return [];
  }
}

function flagsOf(fd: number): number | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags === undefined ? undefined : Number.parseInt(flags, 8);
  } catch {
    // Closed since it was listed.
    return undefined;
  }
}
