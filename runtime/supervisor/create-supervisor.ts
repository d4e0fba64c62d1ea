import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import { type CgroupPowers, systemCgroupPowers } from '../cgroup/index.ts';
import { shippedPrograms } from '../shipped-programs.ts';
import type { EraseTypes } from '../typescript/erase-types.ts';
import type { ConfinementLevel, Supervisor } from './api.ts';
import { install, removeStaleInstallations } from './confinement/install.ts';
import { measureLevel } from './confinement/level.ts';
import { type OpenedGroups, openCgroups } from './confinement/open-cgroups.ts';
import type { HostSurroundings } from './host-process.ts';
import { readPageBytes } from './memory.ts';
import { HostPool, type PoolLimits } from './pool.ts';
import { type SupervisorPowers, systemPowers } from './powers.ts';
import { startHost } from './start-host.ts';
import { PooledSupervisor } from './supervisor.ts';
import { MemoryWatchdog } from './watchdog.ts';

/** What a supervisor may be told; everything has a default that suits an agent. */
export interface SupervisorOptions {
  readonly powers?: SupervisorPowers;
  /** Where it keeps the files that its hosts are started from: the system's temporary folder. */
  readonly temporaryFolder?: string;
  /** Directories in which bwrap, prlimit and setpriv are looked up, as in PATH. */
  readonly path?: string;
  /** How the machine's control groups are looked at and divided. */
  readonly cgroups?: CgroupPowers;
  /** Confinement above this isn't tried: for tests and for doctor. */
  readonly highest_level?: ConfinementLevel;
  /** Replaces single fields of the defaults below. */
  readonly pool?: Partial<PoolLimits>;
  /** Of what one invocation itself logs (an exec's output isn't counted), in bytes. */
  readonly log_bytes?: number;
  /** How the sandbox host's own sources become JavaScript, in a checkout. Default: Node's own way. */
  readonly eraseTypes?: EraseTypes;
}

/** 32 idle hosts hold about 500 MiB; an agent has far fewer slots. */
const defaultPool: PoolLimits = {
  ceiling: 32,
  spares: { isolate: 1, wasm: 0 },
  recycle_after_calls: 1000,
  idle_ms: 60_000,
  processors: availableParallelism(),
};
const defaultLogBytes = 16 * 1024 * 1024;
/**
 * Where Linux distributions put bubblewrap and util-linux; then the Linux archive's own, for machines without. The machine's come first:
 * they are kept up to date with it, and a distribution may let only its own make namespaces (AppArmor profiles).
 */
export const systemPath: string = [
  '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ...(shippedPrograms === undefined ? [] : [shippedPrograms]),
].join(delimiter);

/**
 * Makes a supervisor: prepares what hosts are started from, measures the best confinement level by starting one, and keeps
 * that one as the first spare. Throws HostStartFailure where no host starts at all.
 */
export async function createSupervisor(options: SupervisorOptions = {}): Promise<Supervisor> {
  const powers = options.powers ?? systemPowers;
  const temporaryFolder = options.temporaryFolder ?? tmpdir();
  await removeStaleInstallations(temporaryFolder, (folder) => rm(folder, { recursive: true, force: true }));
  const installation = await install({
    temporaryFolder,
    path: options.path ?? systemPath,
    powers,
    ...(options.eraseTypes === undefined ? {} : { eraseTypes: options.eraseTypes }),
  });
  try {
    const highest = options.highest_level ?? 4;
    const groups: OpenedGroups = highest < 4 ? {} : openCgroups(options.cgroups ?? systemCgroupPowers);
    const { cgroups } = groups;
    const surroundings: HostSurroundings = {
      installation,
      powers,
      pageBytes: readPageBytes(powers),
      ...(cgroups === undefined ? {} : { cgroups }),
    };
    const { level, missing, host } = await measureLevel(surroundings, { highest, noCgroups: groups.problem });
    const limits = { ...defaultPool, ...options.pool };
    const pool = new HostPool(limits, level, { powers, start: (kind) => startHost(kind, surroundings) });
    pool.adopt(host);
    pool.refill();
    return new PooledSupervisor({
      pool,
      level,
      missing,
      folder: installation.folder,
      surroundings: {
        powers,
        watchdog: new MemoryWatchdog(powers),
        log_bytes: options.log_bytes ?? defaultLogBytes,
      },
    });
  } catch (error) {
    await rm(installation.folder, { recursive: true, force: true });
    throw error;
  }
}
