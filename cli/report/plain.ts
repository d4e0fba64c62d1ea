import type { RunNotice } from '../../engine/port.ts';
import { assertNever } from '../../schemas/index.ts';
import type { OutputStream } from '../terminal.ts';
import type { Reporter } from './reporter.ts';
import { formatDuration, LineBuffer, plainLine, plainLogLine } from './text.ts';

/** Plain lines for pipes and files, each with its job and step in front. */
export function createPlainReporter(stdout: OutputStream, stderr: OutputStream): Reporter {
  const buffers = new Map<string, LineBuffer>();
  const print = (place: string, text: string): void => stdout.write(`[${plainLine(place)}] ${plainLine(text)}\n`);
  const printLog = (place: string, line: string): void => print(place, plainLogLine(line));

  const notice = (event: RunNotice): void => {
    switch (event.type) {
      case 'run_started':
        stdout.write(
          `${event.resumed ? 'resumed' : 'started'} ${plainLine(event.workflow)} (${plainLine(event.file)}) as ${event.run}\n`,
        );
        return;
      case 'job_started':
        print(event.job, event.attempt > 1 ? `job started, attempt ${event.attempt}` : 'job started');
        return;
      case 'job_finished':
        print(
          event.job,
          `job ${event.status}${event.status === 'failure' && event.error ? `: ${event.error.message}` : ''}`,
        );
        return;
      case 'step_started':
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
        for (const line of buffer.push(event.text)) printLog(key, line);
        return;
      }
      case 'step_retrying':
        print(
          `${event.job}/${event.step}`,
          `attempt ${event.attempt} failed (${event.error.code}: ${event.error.message}); next in ${formatDuration(event.delay_ms)}`,
        );
        return;
      case 'step_finished': {
        const key = `${event.job}/${event.step}`;
        for (const line of buffers.get(key)?.flush() ?? []) printLog(key, line);
        buffers.delete(key);
        const why = event.error ? `: ${event.error.code}: ${event.error.message}` : '';
        print(
          key,
          event.outcome === 'skipped' ? 'skipped' : `${event.outcome} in ${formatDuration(event.duration_ms)}${why}`,
        );
        return;
      }
      case 'summary':
        return;
      default:
        assertNever(event);
    }
  };
  return { notice, message: (text) => stderr.write(`${text}\n`), end: () => {} };
}
