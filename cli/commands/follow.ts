import type { RunHandle, RunSummary } from '../../engine/port.ts';
import type { Diagnostic, Plan } from '../../schemas/index.ts';
import { createJsonReporter } from '../report/json.ts';
import { createPlainReporter } from '../report/plain.ts';
import { factsOf } from '../report/plan-facts.ts';
import { RunRecord } from '../report/record.ts';
import type { Reporter } from '../report/reporter.ts';
import { createTreeReporter } from '../report/tree.ts';
import type { Terminal } from '../terminal.ts';

/** A run to follow, and how it is shown. */
export interface Followed {
  readonly handle: RunHandle;
  readonly plan: Plan;
  readonly json: boolean;
  /** `--state`, where it was given: commands that are shown repeat it. */
  readonly state: string | undefined;
  /** Of the workflow file, for NDJSON; people saw them before the run. */
  readonly warnings: readonly Diagnostic[];
}

/** How a run ended, and what was seen on the way. */
export interface FollowedRun {
  readonly summary: RunSummary;
  readonly record: RunRecord;
  /** Ctrl-C or SIGTERM came while it ran. */
  readonly interrupted: boolean;
}

/** Shows a run until it ends. Throws WaterflowFailure where the machinery broke. */
export async function follow(terminal: Terminal, followed: Followed): Promise<FollowedRun> {
  const { handle } = followed;
  const reporter = createReporter(terminal, followed);
  const record = new RunRecord();
  const interrupts = watchInterrupts(terminal, handle, reporter);
  let told = false;
  try {
    // A machinery failure ends the notices and rejects `finished`; it is awaited below in any case.
    handle.finished.catch(() => {});
    for await (const notice of handle.notices) {
      record.apply(notice);
      reporter.notice(notice);
      await terminal.stdout.ready();
      const failure = terminal.stdout.failure();
      if (told || failure === undefined) continue;
      told = true;
      const why = failure === 'EPIPE' ? 'nobody reads the output any more' : `the output can't be written (${failure})`;
      terminal.stderr.write(`${why}; ${handle.run} goes on (Ctrl-C cancels it)\n`);
    }
    return { summary: await handle.finished, record, interrupted: interrupts.seen() };
  } finally {
    reporter.end();
    interrupts.stop();
  }
}

function createReporter(terminal: Terminal, { handle, json, plan, state, warnings }: Followed): Reporter {
  const { stdout, stderr, now, every } = terminal;
  if (json) return createJsonReporter(stdout, stderr, warnings);
  const shown = { facts: factsOf(plan), words: { run: handle.run, state } };
  return stdout.interactive
    ? createTreeReporter({ stdout, now, every, ...shown })
    : createPlainReporter({ stdout, stderr, ...shown });
}

/** Ctrl-C once cancels in order (`always()` steps run), twice kills. */
function watchInterrupts(
  terminal: Terminal,
  handle: RunHandle,
  reporter: Reporter,
): { readonly seen: () => boolean; readonly stop: () => void } {
  let count = 0;
  const stop = terminal.onInterrupt((signal) => {
    count += 1;
    if (count === 1) {
      reporter.message(`${signal}: cancelling in order; press Ctrl-C again to kill what still runs`);
      handle.cancel(signalReason(signal));
    } else if (count === 2) {
      reporter.message(`${signal} again: killing`);
      void handle.kill();
    }
  });
  return { seen: () => count > 0, stop };
}

function signalReason(signal: string): string {
  return signal === 'SIGINT' ? 'Ctrl-C' : signal;
}
