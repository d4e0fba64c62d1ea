import { tmpdir } from 'node:os';
import { defaultConfinement, requiredConfinement } from '../../runtime/policy/index.ts';
import type { ConfinementLevel } from '../../runtime/supervisor/index.ts';
import { openPolicy } from '../composition/policy.ts';
import { stateFolder } from '../composition/state.ts';
import { runHostCallProbes } from '../doctor/host-call-probes.ts';
import { examineLevels, type LevelReport, levelNames } from '../doctor/levels.ts';
import { checkMachine } from '../doctor/machine-checks.ts';
import type { ProbeResult } from '../doctor/probes.ts';
import { doctorReport } from '../doctor/report.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow doctor`'s options, as the command line gives them. */
export interface DoctorOptions {
  readonly json?: boolean;
  readonly policy?: string;
  readonly state?: string;
}

/**
 * Looks at the machine, exceeds each limit for real at every level that it has, and says which hold. Exit 1 where something is
 * missing or doesn't hold that the policy requires.
 */
export async function doctor(terminal: Terminal, options: DoctorOptions): Promise<number> {
  const policy = openPolicy(terminal, options.policy);
  // The policy's schema bounds it to 0..4.
  const required = (requiredConfinement(policy.content) ?? defaultConfinement) as ConfinementLevel;
  const report = doctorReport(terminal, { silent: options.json === true, required, policy: policy.file });
  const checks = checkMachine({
    state: stateFolder(terminal, options.state),
    temporary: tmpdir(),
    path: terminal.env['PATH'] ?? '',
    now: terminal.now,
  });
  report.machine(checks);
  const levels: LevelReport[] = [];
  for await (const level of examineLevels(terminal, report.probe)) {
    levels.push(level);
    report.level(level);
  }
  const best = levels.find((each) => each.available)?.level ?? 0;
  const calls: ProbeResult[] = [];
  report.calls();
  for await (const result of runHostCallProbes(terminal)) {
    calls.push(result);
    report.probe(best, result);
  }
  const broken = [...brokenAt(levels, required), ...calls.filter(({ holds }) => !holds)];
  const holds = best >= required && broken.length === 0 && checks.every(({ status }) => status !== 'failed');
  report.verdict({ best, holds, broken: broken.map(({ name }) => name) });
  if (options.json) {
    const named = levels.map((each) => ({ ...each, name: levelNames[each.level] }));
    const atBest = levels.find(({ level }) => level === best);
    const probes = [...(atBest?.available === true ? atBest.probes : []), ...calls];
    const missing = levels.flatMap((each) => (each.available ? [] : each.why));
    const json = { level: best, required, policy: policy.file, holds, missing, checks, probes, levels: named };
    terminal.stdout.write(`${plainJson(json)}\n`);
  }
  return holds ? exitCodes.ok : exitCodes.failed;
}

/** What a level promises and doesn't keep, at those levels that the policy lets guests run at. */
function brokenAt(levels: readonly LevelReport[], required: ConfinementLevel): readonly ProbeResult[] {
  return levels.flatMap((each) =>
    each.available && each.level >= required
      ? each.probes.filter(({ holds, since }) => !holds && since <= each.level)
      : [],
  );
}
