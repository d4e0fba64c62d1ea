import { type ConfinementLevel, createSupervisor, type Supervisor } from '../../runtime/supervisor/index.ts';
import { erasureFor } from '../composition/erasure.ts';
import type { Terminal } from '../terminal.ts';
import { probeDescriptors, runEscapeProbes } from './escape-probes.ts';
import { fixFor } from './fixes.ts';
import { isolateProbes } from './isolate-probes.ts';
import { type ProbeResult, runProbe } from './probes.ts';
import { wasmProbes } from './wasm-probes.ts';

/** What each level adds. */
export const levelNames: readonly string[] = ['process', 'rlimits and watchdog', 'bubblewrap', 'seccomp', 'cgroup v2'];

/** One confinement level of this machine. */
export type LevelReport =
  | { readonly level: ConfinementLevel; readonly available: true; readonly probes: readonly ProbeResult[] }
  | {
      readonly level: ConfinementLevel;
      readonly available: false;
      readonly why: readonly string[];
      readonly fix?: string;
    };

/** A supervisor of just that level, or what is missing for it. */
async function startSupervisor(
  terminal: Terminal,
  level: ConfinementLevel,
): Promise<{ readonly supervisor: Supervisor } | { readonly missing: readonly string[] }> {
  try {
    const supervisor = await createSupervisor({ eraseTypes: erasureFor(terminal), highest_level: level });
    if (supervisor.level === level) return { supervisor };
    await supervisor[Symbol.asyncDispose]();
    return { missing: supervisor.missing };
  } catch (error) {
    return { missing: [`no sandbox host starts at all: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

/** The supervisor names each reason's own level; what a lower one lacks, this one lacks as well. */
function unavailable(level: ConfinementLevel, missing: readonly string[]): LevelReport {
  const reasons = missing.filter((reason) => !reason.includes('is switched off'));
  const own = reasons.filter((reason) => reason.startsWith(`level ${level}: `));
  const why = (own.length > 0 ? own : reasons).map((reason) =>
    reason.startsWith(`level ${level}: `) ? reason.slice(`level ${level}: `.length) : `needs ${reason}`,
  );
  const fix = why.map(fixFor).find((each) => each !== undefined);
  return { level, available: false, why, ...(fix === undefined ? {} : { fix }) };
}

const levels: readonly ConfinementLevel[] = [4, 3, 2, 1, 0];

/** Starts a supervisor of each level, from the highest down, and exceeds every limit in it. */
export async function* examineLevels(
  terminal: Terminal,
  onProbe: (level: ConfinementLevel, result: ProbeResult) => void,
): AsyncGenerator<LevelReport> {
  for (const level of levels) yield await examineLevel(terminal, level, onProbe);
}

async function examineLevel(
  terminal: Terminal,
  level: ConfinementLevel,
  onProbe: (level: ConfinementLevel, result: ProbeResult) => void,
): Promise<LevelReport> {
  const started = await startSupervisor(terminal, level);
  if ('missing' in started) return unavailable(level, started.missing);
  await using supervisor = started.supervisor;
  const probes: ProbeResult[] = [];
  const add = (result: ProbeResult): void => {
    probes.push(result);
    onProbe(level, result);
  };
  for (const probe of [...isolateProbes, ...wasmProbes]) add(await runProbe(supervisor, probe, terminal.now));
  add(probeDescriptors(supervisor));
  for await (const result of runEscapeProbes(level, terminal.now)) add(result);
  return { level, available: true, probes };
}
