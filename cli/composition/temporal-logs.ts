import { LogTails } from '../../engine/temporal/log-tails.ts';
import type { RunLogs } from '../../engine/temporal/readings.ts';
import type { ShippedLogs } from '../../storage/logs/index.ts';

/** What an engine needs of the logs that agents ship. They are read beside it, so it gives none itself but the ends of failed steps. */
export function tailsIn(shipped: Pick<ShippedLogs, 'read' | 'remove'>): RunLogs {
  return {
    async *read() {},
    last: async () => 0,
    async tail(run, step, lines) {
      const tails = new LogTails();
      for await (const part of shipped.read(run, 0)) tails.follow(part);
      return tails.tail(step, lines);
    },
    remove: (run) => shipped.remove(run),
    watch: () => ({ [Symbol.dispose]: () => {} }),
  };
}
