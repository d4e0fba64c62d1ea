import type { RunNotice } from '../../engine/port.ts';
import { assertNever } from '../../schemas/index.ts';
import type { OutputStream } from '../terminal.ts';
import { answerCommand, awaitedText, leftText, type RunWords, receivedText, runCommand, targetOf } from './answers.ts';
import { iterationOf } from './nesting.ts';
import { PlainLoops } from './plain-loops.ts';
import type { PlanFacts } from './plan-facts.ts';
import type { Reporter } from './reporter.ts';
import { formatDuration, LineBuffer, plainLine, plainLogLine } from './text.ts';

/** What plain lines need beside where they go. */
export interface PlainParts {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly facts: PlanFacts;
  /** How the run is named in the commands that answer what it waits for. */
  readonly words: RunWords;
}

/**
 * Plain lines for pipes and files, each with its job and step in front. Of the iterations of a loop there are counts, what failed, and what
 * their steps write.
 */
export function createPlainReporter({ stdout, stderr, facts, words }: PlainParts): Reporter {
  const buffers = new Map<string, LineBuffer>();
  const print = (place: string, text: string): void => stdout.write(`[${plainLine(place)}] ${plainLine(text)}\n`);
  const printRun = (text: string): void => stdout.write(`${plainLine(text)}\n`);
  // Together: a write for each of the lines that one call can log would hold up everything else.
  const printLog = (place: string, lines: readonly string[]): void => {
    const head = `[${plainLine(place)}] `;
    if (lines.length > 0) stdout.write(lines.map((line) => `${head}${plainLogLine(line)}\n`).join(''));
  };
  const loops = new PlainLoops(facts, print);

  const finishLog = (place: string): void => {
    printLog(place, buffers.get(place)?.flush() ?? []);
    buffers.delete(place);
  };
  const notice = (event: RunNotice): void => {
    switch (event.type) {
      case 'run_started':
        printRun(startText(event));
        return;
      case 'run_paused':
        printRun(`paused by ${event.by}; let it go on: ${runCommand(['resume'], words)}`);
        return;
      case 'run_resumed':
        printRun(`resumed by ${event.by}`);
        return;
      case 'group_waiting':
      case 'group_acquired': {
        const text =
          event.type === 'group_waiting'
            ? `waits for its turn in the group ${event.group}`
            : `has its turn in the group ${event.group}`;
        if (event.job === undefined) printRun(`the run ${text}`);
        else print(event.job, text);
        return;
      }
      case 'awaiting':
        print(targetOf(event.signal), awaitedText(event.signal));
        print(targetOf(event.signal), `answer it: ${answerCommand(event.signal, words)}`);
        return;
      case 'signal_received':
        printRun(receivedText(event.signal));
        return;
      case 'job_blocked':
        print(event.job, event.reason === undefined ? 'goes on' : `blocked: ${event.reason}`);
        return;
      case 'workspace_left':
        print(event.job, leftText(event));
        return;
      case 'job_started':
        print(event.job, event.attempt > 1 ? `job started, attempt ${event.attempt}` : 'job started');
        return;
      case 'job_finished':
        print(event.job, `job ${jobEndText(event)}`);
        return;
      case 'step_started':
        loops.start(event);
        if (iterationOf(event.step) !== undefined) return;
        print(`${event.job}/${event.step}`, `${event.attempt > 1 ? `attempt ${event.attempt}: ` : ''}${event.name}`);
        return;
      case 'host_call':
        if (event.decision === 'allowed') return;
        print(
          `${event.job}/${event.step}`,
          `${event.decision}: ${event.capability}.${event.operation} ${event.subject}${event.rule ? ` (${event.rule})` : ''}`,
        );
        return;
      case 'log': {
        const key = `${event.job}/${event.step}`;
        const buffer = buffers.get(key) ?? new LineBuffer();
        buffers.set(key, buffer);
        printLog(key, buffer.push(event.text));
        return;
      }
      case 'step_retrying':
        print(
          `${event.job}/${event.step}`,
          `attempt ${event.attempt} failed (${event.error.code}: ${event.error.message}); next in ${formatDuration(event.delay_ms)}`,
        );
        return;
      case 'step_finished':
        finishLog(`${event.job}/${event.step}`);
        loops.finish(event);
        if (iterationOf(event.step) !== undefined) return;
        print(`${event.job}/${event.step}`, stepEndText(event));
        return;
      case 'summary':
        return;
      default:
        assertNever(event);
    }
  };
  return { notice, message: (text) => stderr.write(`${text}\n`), end: () => {} };
}

function startText(event: Extract<RunNotice, { readonly type: 'run_started' }>): string {
  const { name, file, run, attempt, resumed } = event;
  const verb = resumed ? 'resumed' : attempt > 1 ? 'started again' : 'started';
  return `${verb} ${name} (${file}) as ${run}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
}

function jobEndText({ status, reused, error }: Extract<RunNotice, { readonly type: 'job_finished' }>): string {
  if (reused === true) return `${status}, reused`;
  const told = status === 'failure' || status === 'cancelled';
  return told && error !== undefined ? `${status}: ${error.message}` : status;
}

function stepEndText(event: Extract<RunNotice, { readonly type: 'step_finished' }>): string {
  if (event.outcome === 'skipped') return 'skipped';
  if (event.reused === true) return `${event.outcome}, reused`;
  const why = event.error === undefined ? '' : `: ${event.error.code}: ${event.error.message}`;
  return `${event.outcome} in ${formatDuration(event.duration_ms)}${why}`;
}
