import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'winston';

/** Has the SDK of Temporal write to the log, warnings and what is worse, and leave signals to this process. */
export function quietTemporal(log: Logger): void {
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    // An agent has no workflows, and knows it.
    if (message.startsWith('No workflows registered')) return;
    const { error, taskQueue } = meta ?? {};
    const about = {
      ...(error === undefined ? {} : { reason: error instanceof Error ? error.message : String(error) }),
      ...(taskQueue === undefined ? {} : { queue: String(taskQueue) }),
    };
    log.log(level === 'WARN' ? 'warn' : 'error', message, about);
  });
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { filter: 'WARN', forward: {} } } });
}
