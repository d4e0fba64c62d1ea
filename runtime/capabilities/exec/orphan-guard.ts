import { basename } from 'node:path';
import { type AbsolutePath, assertNever } from '../../../schemas/index.ts';
import { type BinarySearch, findBinary } from './binary.ts';
import { startCompanion } from './companion.ts';
import type { ExecPowers } from './powers.ts';

/** Where the processes bear the mark. */
export type GuardedProcesses =
  | { readonly marked: 'command line'; readonly bwrap: AbsolutePath }
  | { readonly marked: 'environment' };

/** What the guard is to know. */
export interface GuardSetup {
  readonly among: GuardedProcesses;
  /** Random; nobody else's processes bear it. */
  readonly id: string;
  readonly search: BinarySearch;
}

/**
 * Makes sure that a guard runs, and answers with the mark that the processes must bear: each bubblewrap on its command line,
 * or each program in its environment. Throws CallFailure where it can't be started.
 */
export type WatchOrphans = (setup: GuardSetup) => Promise<string>;

const shell = '/bin/sh';

/**
 * Ends when the agent does, and then kills the processes that bear its mark. The end of the input is exact: a child of the
 * agent that is still about to become bubblewrap holds the other end open until it has. Only the command line takes
 * the kernel a moment longer, so it looks again after a second. Where it knows names it looks at these first, to be quick.
 */
const guardScript = `
trap '' HUP INT TERM
sleep=$1 head=$2 place=$3
shift 3
read -r mark || exit 0
echo ready
exec >/dev/null
while read -r line; do :; done
quiet=0
while :; do
  quiet=$((quiet + 1))
  for process in /proc/[0-9]*; do
    { read -r name <"$process/comm"; } 2>/dev/null || continue
    for known do
      case $name in *"$known"*) ;; *) continue ;; esac
      case $("$head" -c 131072 "$process/$place" 2>/dev/null) in
        *"$mark"*) kill -s KILL "\${process#/proc/}" 2>/dev/null && quiet=0 ;;
      esac
    done
  done
  [ "$quiet" -lt 2 ] || exit 0
  "$sleep" 1
done`;

/** Of a process's name the kernel keeps this much. */
const processNameCharacters = 15;

/**
 * bubblewrap's processes die with the agent, but not from the start: its first process inside asks the kernel for that only
 * after it has started the program, and an agent that is killed earlier would leave all of it running
 * (containers/bubblewrap, issue 633). A small process of its own, one for the agent, cleans that up. Holding the program
 * back until then would need a shell in front of it, and no shell hands every environment on as it got it. Without a namespace
 * the kernel ends the program itself, again not from the start, and never its children; these bear the mark too.
 */
export function createOrphanGuard(powers: ExecPowers): WatchOrphans {
  const guards = new Map<string, Promise<string>>();
  return (setup) => {
    const key = setup.among.marked === 'environment' ? '' : setup.among.bwrap;
    const known = guards.get(key);
    if (known !== undefined) return known;
    const started = startGuard(setup, powers, () => guards.delete(key));
    guards.set(key, started);
    started.catch(() => guards.delete(key));
    return started;
  };
}

async function startGuard(setup: GuardSetup, powers: ExecPowers, onEnd: () => void): Promise<string> {
  const sleep = findBinary('sleep', setup.search);
  const head = findBinary('head', setup.search);
  const args = ['-c', guardScript, 'waterflow-orphan-guard', sleep.path, head.path, ...places(setup.among)];
  const mark = `guard-${setup.id}`;
  await startCompanion(powers, {
    command: shell,
    args,
    task: 'ends programs with their agent',
    greeting: `${mark}\n`,
    onEnd,
  });
  return mark;
}

/** A file of /proc/PID, and parts of the names of processes for which it is to be read. */
function places(among: GuardedProcesses): readonly string[] {
  switch (among.marked) {
    case 'command line':
      // prlimit comes first, and becomes bubblewrap.
      return ['cmdline', 'prlimit', basename(among.bwrap).slice(0, processNameCharacters)];
    case 'environment':
      return ['environ', ''];
    default:
      return assertNever(among);
  }
}
