import { runHostCallProbes } from '../doctor/host-call-probes.ts';
import { isolateProbes } from '../doctor/isolate-probes.ts';
import { type ProbeResult, runProbe } from '../doctor/probes.ts';
import { wasmProbes } from '../doctor/wasm-probes.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { openSupervisor } from '../composition/supervisor.ts';
import { exitCodes } from '../exit-codes.ts';
import { createStyle } from '../report/style.ts';
import { formatDuration } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

const levelNames = ['process', 'rlimits and watchdog', 'bubblewrap', 'seccomp', 'cgroup v2'] as const;

/** Exceeds each limit for real and says which hold. Exit 1 where one doesn't. */
export async function doctor(terminal: Terminal, options: { readonly json?: boolean }): Promise<number> {
  await using supervisor = await openSupervisor(terminal);
  const style = createStyle({ colours: terminal.stdout.colours });
  if (!options.json) {
    terminal.stdout.write(
      `confinement level ${supervisor.level} (${levelNames[supervisor.level]}); node ${process.versions.node} on ${process.platform} ${process.arch}\n`,
    );
    for (const reason of supervisor.missing) terminal.stdout.write(`  not here: ${reason}\n`);
    terminal.stdout.write('\n');
  }
  const results: ProbeResult[] = [];
  for await (const result of runProbes(terminal, supervisor)) {
    results.push(result);
    if (options.json) continue;
    const status = result.holds ? 'success' : 'failure';
    terminal.stdout.write(
      `${style.symbol(status)} ${result.name.padEnd(22)} ${result.attempt.padEnd(52)} ${result.found} ${style.dim(formatDuration(result.duration_ms))}\n`,
    );
  }
  const holds = results.every((result) => result.holds);
  if (options.json) {
    terminal.stdout.write(
      `${JSON.stringify({ level: supervisor.level, missing: supervisor.missing, holds, probes: results })}\n`,
    );
  } else {
    const broken = results.filter((result) => !result.holds).length;
    terminal.stdout.write(
      holds
        ? '\nevery limit holds on this machine\n'
        : `\n${broken} of ${results.length} limits do not hold on this machine\n`,
    );
  }
  return holds ? exitCodes.ok : exitCodes.failed;
}

/** Code that goes past the limits of its sandbox, then host calls that go past what their grant means. */
async function* runProbes(terminal: Terminal, supervisor: Supervisor): AsyncGenerator<ProbeResult> {
  for (const probe of [...isolateProbes, ...wasmProbes]) yield await runProbe(supervisor, probe, terminal.now);
  yield* runHostCallProbes(terminal);
}
