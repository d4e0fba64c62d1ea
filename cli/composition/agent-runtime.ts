import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'winston';

/**
 * Has the SDK of Temporal write to the log, warnings and what is worse, and leave signals to this process. Its threads keep the process alive until
 * its last connection is closed; where there was none, until the result is disposed of.
 */
export function quietTemporal(log: Logger): AsyncDisposable {
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    // An agent has no workflows, and knows it.
    if (message.startsWith('No workflows registered')) return;
    // The SDK's own script says `error`, its core `failure`, as Rust prints it.
    const { error, failure = error, taskQueue } = meta ?? {};
    const about = {
      ...(failure === undefined ? {} : { reason: reasonOf(failure) }),
      ...(taskQueue === undefined ? {} : { queue: String(taskQueue) }),
    };
    log.log(level === 'WARN' ? 'warn' : 'error', message, about);
  });
  const telemetryOptions = { logging: { filter: 'WARN', forward: {} } };
  const runtime = Runtime.install({ logger, shutdownSignals: [], telemetryOptions });
  return { [Symbol.asyncDispose]: () => runtime.shutdown() };
}

/** What the core prints of a failure may hold all of a stack, or a payload. */
const mostReason = 1000;

function reasonOf(failure: unknown): string {
  return (failure instanceof Error ? failure.message : String(failure)).slice(0, mostReason);
}
