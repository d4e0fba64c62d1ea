import type { RunStore } from '../../storage/index.ts';
import { runIsOver } from '../driving/failures.ts';
import { NoticeBuffer } from '../driving/notices.ts';
import { Observer, timeText } from '../driving/observer.ts';
import { summarize } from '../driving/summary.ts';
import type { RunHandle } from '../port.ts';
import type { Replayed } from './replay.ts';

/** A run that is over: all there is to it is its summary. It is closed when this returns. */
export function finishedRun(parts: {
  readonly store: RunStore;
  readonly replayed: Replayed;
  readonly killedAt: number | undefined;
}): RunHandle {
  const { store, replayed, killedAt } = parts;
  const summary = summarize({ machines: replayed.machines, store, killedAt });
  const buffer = new NoticeBuffer();
  const at = Math.max(replayed.at, killedAt ?? 0);
  buffer.push(new Observer(replayed.machines, store).runStarted({ at, resumed: true }));
  buffer.push({ type: 'summary', at: timeText(at), ...summary });
  buffer.end();
  store[Symbol.dispose]();
  return {
    run: store.run,
    plan: replayed.machines.plan,
    notices: buffer.notices,
    // It is over: there is nothing left to cancel or to kill.
    cancel() {},
    async kill() {},
    operate() {
      throw runIsOver(store.run);
    },
    finished: Promise.resolve(summary),
  };
}
