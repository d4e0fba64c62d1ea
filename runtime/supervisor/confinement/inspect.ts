import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { systemCgroupPowers } from '../../cgroup/index.ts';
import type { ConfinementFacts } from '../../sandbox-host/inspect.ts';
import type { ConfinementLevel } from '../api.ts';
import { readPageBytes } from '../memory.ts';
import { systemPowers } from '../powers.ts';
import { startHost } from '../start-host.ts';
import { install } from './install.ts';
import { spareMemoryClass } from './memory-class.ts';
import { openCgroups } from './open-cgroups.ts';

export type { ConfinementFacts } from '../../sandbox-host/inspect.ts';

/** Which host to look out of. */
export interface InspectOptions {
  readonly runtime: 'isolate' | 'wasm';
  readonly level: ConfinementLevel;
  /** Where bwrap, prlimit and setpriv are looked up. */
  readonly path: string;
}

/**
 * Starts a host at a level and lets it try what confinement is to prevent, for doctor and tests. Node's permission model is
 * left out, so that what is refused was refused by the kernel. Throws HostStartFailure where no such host starts.
 */
export async function inspectConfinement(options: InspectOptions): Promise<ConfinementFacts> {
  const { runtime, level, path } = options;
  const powers = {
    ...systemPowers,
    spawn: (command, argv, spawnOptions) => systemPowers.spawn(command, argv.filter(isNoPermissionFlag), spawnOptions),
  } satisfies typeof systemPowers;
  const installation = await install({ temporaryFolder: tmpdir(), path, powers });
  try {
    const { cgroups } = level < 4 ? {} : openCgroups(systemCgroupPowers);
    const surroundings = {
      installation,
      powers,
      pageBytes: readPageBytes(powers),
      ...(cgroups === undefined ? {} : { cgroups }),
    };
    const host = await startHost({ runtime, level, memoryClass: spareMemoryClass }, surroundings);
    host.listen({ onFrame: () => {}, onViolation: () => {}, onOutOfMemory: () => {}, onEnd: () => {} });
    const { body } = await host.ask({ t: 'inspect' });
    await host.kill();
    // Our own code wrote it, no plugin is in that process.
    return JSON.parse(Buffer.from(body).toString()) as ConfinementFacts;
  } finally {
    await rm(installation.folder, { recursive: true, force: true });
  }
}

function isNoPermissionFlag(word: string): boolean {
  return word !== '--permission' && !word.startsWith('--allow-');
}
