import type { ConfinementLevel } from '../api.ts';
import type { HostProcess, HostSurroundings } from '../host-process.ts';
import { startHost } from '../start-host.ts';
import type { Installation } from './installation.ts';
import { spareMemoryClass } from './memory-class.ts';

/** The best level that really started, with the host that proved it. */
export interface MeasuredLevel {
  readonly level: ConfinementLevel;
  /** Why each higher level isn't there. */
  readonly missing: readonly string[];
  /** Confined at that level, without a plugin yet: serves as the first spare. */
  readonly host: HostProcess;
}

const levels: readonly ConfinementLevel[] = [4, 3, 2, 1, 0];

/**
 * Starts a confined host for each level from the best one down, until one starts and the kernel confirms what it was to get.
 * Throws {@link HostStartFailure} where not even a plain host starts.
 */
export async function measureLevel(
  surroundings: HostSurroundings,
  given: { readonly highest: ConfinementLevel; readonly noCgroups: string | undefined },
): Promise<MeasuredLevel> {
  const missing = new Set<string>();
  for (const level of levels) {
    const problem =
      level > given.highest
        ? `level ${level} is switched off`
        : level === 4 && given.noCgroups !== undefined
          ? `level 4: ${given.noCgroups}`
          : requirementOf(level, surroundings.installation);
    if (problem !== undefined) {
      missing.add(problem);
      continue;
    }
    try {
      const host = await startHost({ runtime: 'isolate', memoryClass: spareMemoryClass, level }, surroundings);
      const doubt = doubtAbout(host, surroundings);
      if (doubt === undefined) return { level, missing: [...missing], host };
      await host.kill();
      missing.add(`level ${level}: ${doubt}`);
    } catch (error) {
      if (level === 0) throw error;
      missing.add(
        `level ${level}: a sandbox host did not start: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  throw new Error('a sandbox host starts, but not as it was told to');
}

/** What a level needs before it is worth a try; undefined where all is there. */
function requirementOf(level: ConfinementLevel, { tools, libraries, seccompFilter }: Installation): string | undefined {
  if (level >= 3 && seccompFilter === undefined) {
    return `level 3: no seccomp filter for this system (${process.platform} ${process.arch})`;
  }
  if (level >= 2 && tools.bwrap === undefined) return 'level 2: bubblewrap (bwrap) is not installed';
  if (level >= 2 && libraries.length === 0)
    return 'level 2: the libraries of node could not be listed (it needs glibc)';
  if (level >= 1 && process.platform !== 'linux') return 'level 1: rlimits and the memory watchdog need Linux';
  if (level >= 1 && tools.prlimit === undefined) return 'level 1: prlimit (util-linux) is not installed';
  return undefined;
}

/** The kernel's own account of the process, where the agent may read it. */
function doubtAbout(host: HostProcess, { powers }: HostSurroundings): string | undefined {
  if (host.kind.level === 0) return undefined;
  if (host.memory() === undefined) return 'its memory cannot be read under /proc';
  const limits = powers.readText(`/proc/${host.pid}/limits`);
  if (limits !== undefined && !/^Max core file size\s+0\s+0/m.test(limits)) return 'its rlimits were not set';
  const status = powers.readText(`/proc/${host.pid}/status`) ?? '';
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
  if (host.kind.level >= 2 && field('CapBnd') !== '0000000000000000') return 'it still has capabilities';
  if (host.kind.level >= 2 && field('NoNewPrivs') !== '1') return 'it may gain privileges';
  if (host.kind.level >= 3 && field('Seccomp') !== '2') return 'the seccomp filter is not in force';
  return undefined;
}
