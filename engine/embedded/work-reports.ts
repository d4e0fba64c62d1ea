import type { RunStore } from '../../storage/index.ts';
import type { Addressed } from '../driving/machines.ts';
import type { Observer } from '../driving/observer.ts';
import type { JobEvent, RunEvent } from '../machine/index.ts';
import type { RunNotice } from '../port.ts';
import { logAddressOf, type WorkReports } from './work.ts';

/** Where what work reports goes. */
export interface ReportParts {
  readonly store: RunStore;
  readonly observer: Observer;
  /** The time of events, in ms since the epoch. */
  readonly time: () => number;
  /** False before the run goes on, and once all its work has stopped. */
  readonly takesLogs: () => boolean;
  readonly tell: (notice: RunNotice) => void;
  readonly answer: (addressed: Addressed) => void;
  readonly broken: (cause: unknown) => void;
}

/** What work reports becomes events, parts of logs and notices. */
export function workReports({ store, observer, time, takesLogs, tell, answer, broken }: ReportParts): WorkReports {
  return {
    // In both cases, adding the time makes the event that it is a part of whole.
    answer: (job, event) => answer({ machine: { kind: 'job', job }, event: { ...event, at: time() } as JobEvent }),
    answerRun: (event) => answer({ machine: { kind: 'run' }, event: { ...event, at: time() } as RunEvent }),
    log: (task, part) => {
      if (!takesLogs()) return;
      const segment = { ...logAddressOf(task), ...part, at: time() };
      try {
        store.appendLog(segment);
        tell(observer.logged(segment));
      } catch (cause) {
        broken(cause);
      }
    },
    hostCall: (task, event) => tell(observer.hostCalled(task, { at: time(), event })),
    leftBehind: (job, reason) => tell(observer.leftBehind(job, { at: time(), reason })),
    broken,
  };
}
