import { readdirSync, readlinkSync } from 'node:fs';
import { ownNodeEnvironment } from '../../runtime/own-node.ts';
import {
  type ConfinementFacts,
  type ConfinementLevel,
  inspectConfinement,
  type Supervisor,
  systemPath,
} from '../../runtime/supervisor/index.ts';
import type { ProbeResult } from './probes.ts';

/** Made for the host itself: the folder that it is in, the time zone UTC, and where its Node finds libraries that it brought. */
const harmless: ReadonlySet<string> = new Set(['PWD', 'TZ', ...Object.keys(ownNodeEnvironment())]);

/** What code tries that has taken over a sandbox host: it is out of the isolate, and Node's permission model is gone. */
interface EscapeProbe {
  readonly name: string;
  readonly attempt: string;
  /** The lowest level that promises it. */
  readonly since: ConfinementLevel;
  /** What it got; undefined where it got nothing. */
  readonly got: (facts: ConfinementFacts) => string | undefined;
}

const escapeProbes: readonly EscapeProbe[] = [
  {
    name: 'escaped: network',
    attempt: 'looks for interfaces beside its own loopback',
    since: 2,
    got: ({ interfaces }) => (interfaces.length > 0 ? interfaces.join(', ') : undefined),
  },
  {
    name: 'escaped: files',
    attempt: 'reads /etc/passwd, writes to /',
    since: 2,
    got: ({ can }) => (can.read_etc ? '/etc/passwd' : can.write_root ? 'a file in /' : undefined),
  },
  {
    name: 'escaped: processes',
    attempt: 'reads /proc, signals the agent',
    since: 2,
    got: ({ can }) => (can.read_proc ? '/proc' : can.signal_agent ? 'a signal to the agent' : undefined),
  },
  {
    name: 'escaped: environment',
    attempt: "reads the agent's environment",
    since: 0,
    got: ({ environment }) => {
      const own = environment.filter((name) => !harmless.has(name));
      return own.length > 0 ? own.join(', ') : undefined;
    },
  },
  {
    name: 'escaped: sockets',
    attempt: 'makes sockets that connect and listen',
    since: 3,
    got: ({ can }) => (can.listen || can.connect ? 'a socket' : undefined),
  },
  {
    name: 'escaped: new processes',
    attempt: 'starts another program',
    since: 3,
    got: ({ can }) => (can.spawn ? 'a process' : undefined),
  },
];

/** Lets a host of that level try each of them. */
export async function* runEscapeProbes(level: ConfinementLevel, now: () => number): AsyncGenerator<ProbeResult> {
  const startedAt = now();
  const facts = await inspectConfinement({ runtime: 'isolate', level, path: systemPath });
  const duration_ms = now() - startedAt;
  for (const { name, attempt, since, got } of escapeProbes) {
    const found = got(facts);
    const holds = found === undefined;
    yield { name, attempt, since, holds, found: found === undefined ? 'it got nothing' : `got ${found}`, duration_ms };
  }
}

/** Whether a sandbox host holds open what its agent has, which is all that a host without files could read. */
export function probeDescriptors(supervisor: Supervisor): ProbeResult {
  const leaked = supervisor.hosts().flatMap(({ pid }) => foreignFiles(pid));
  return {
    name: 'descriptors',
    attempt: "looks for files that the agent's launcher left open",
    since: 0,
    holds: leaked.length === 0,
    found: leaked.length === 0 ? 'it got nothing' : `got ${leaked.join(', ')}`,
    duration_ms: 0,
  };
}

/** Paths of open files; pipes, sockets and the like have no path. Of another user's process that can't be seen: none. */
function foreignFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder)
      .map((descriptor) => readlinkSync(`${folder}/${descriptor}`))
      .filter((target) => target.startsWith('/') && target !== '/dev/null');
  } catch {
    return [];
  }
}
