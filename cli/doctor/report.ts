import type { ConfinementLevel } from '../../runtime/supervisor/index.ts';
import { createStyle } from '../report/style.ts';
import { formatDuration } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { type LevelReport, levelNames } from './levels.ts';
import type { MachineCheck } from './machine-checks.ts';
import type { ProbeResult } from './probes.ts';

/** Tells of the examination as it goes. */
export interface DoctorReport {
  machine(checks: readonly MachineCheck[]): void;
  probe(this: void, level: ConfinementLevel, result: ProbeResult): void;
  level(report: LevelReport): void;
  /** The probes of host calls come next. */
  calls(): void;
  verdict(end: { readonly best: ConfinementLevel; readonly holds: boolean; readonly broken: readonly string[] }): void;
}

const symbols = { ok: 'success', warning: 'waiting', failed: 'failure' } as const;
const nameWidth = 23;
const attemptWidth = 52;

/** As text on stdout; nothing where it is silent. */
export function doctorReport(
  terminal: Terminal,
  given: { readonly silent: boolean; readonly required: ConfinementLevel; readonly policy: string },
): DoctorReport {
  const style = createStyle({ colours: terminal.stdout.colours });
  const { required, policy } = given;
  const print = (line: string): void => {
    if (!given.silent) terminal.stdout.write(`${line}\n`);
  };
  let isAtCalls = false;
  let best: ConfinementLevel | undefined;
  let announced: ConfinementLevel | undefined;
  const announce = (level: ConfinementLevel): void => {
    if (announced === level) return;
    announced = level;
    print('');
    print(style.bold(`level ${level} (${levelNames[level]})`));
  };
  return {
    machine: (checks) => {
      print(
        `node ${process.versions.node} on ${process.platform} ${process.arch}; ${policy} requires level ${required}`,
      );
      print('');
      for (const { name, status, found, fix } of checks) {
        print(`${style.symbol(symbols[status])} ${name.padEnd(nameWidth)} ${found}`);
        if (fix !== undefined) print(`  ${''.padEnd(nameWidth)} fix: ${fix}`);
      }
    },
    probe: (level, { name, attempt, since, holds, found, duration_ms }) => {
      if (!isAtCalls) announce(level);
      // The lower levels are there to be compared with: what they hold as well isn't said again.
      best ??= level;
      if (level < best && holds) return;
      const status = holds ? 'success' : since > level ? 'skipped' : 'failure';
      const promised = !holds && since > level ? ` (held from level ${since} on)` : '';
      print(
        `${style.symbol(status)} ${name.padEnd(nameWidth)} ${attempt.padEnd(attemptWidth)} ${found}${promised} ${style.dim(formatDuration(duration_ms))}`,
      );
    },
    level: (report) => {
      if (report.available) {
        const held = report.probes.filter(({ holds }) => holds).length;
        if (report.level !== best) print(`  ${held} of ${report.probes.length} hold`);
        return;
      }
      announce(report.level);
      for (const reason of report.why) print(`- not here: ${reason}`);
      if (report.fix !== undefined) print(`  fix: ${report.fix}`);
    },
    calls: () => {
      isAtCalls = true;
      print('');
      print(style.bold('host calls'));
    },
    verdict: ({ best, holds, broken }) => {
      print('');
      print(`this machine gives confinement level ${best} (${levelNames[best]}); the policy requires ${required}`);
      if (holds) print('everything that the policy requires holds on this machine');
      else if (best < required) print('an agent with this policy does not start here');
      else print(`does not hold: ${broken.length === 0 ? 'see above' : broken.join(', ')}`);
    },
  };
}
