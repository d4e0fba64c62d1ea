import { join } from 'node:path';
import type { RunId } from '../../schemas/index.ts';

/** Where a run's parts lie. The executor adds its own beside them: `work/` and `audit.ndjson`. */
export interface RunLayout {
  readonly folder: string;
  readonly journal: string;
  readonly head: string;
  readonly lock: string;
  readonly owner: string;
  readonly logs: string;
  readonly blobs: string;
  readonly inbox: string;
}

/** The parts of the run's folder `<state>/<run-id>`. */
export function layoutOf(folder: string): RunLayout {
  return {
    folder,
    journal: join(folder, 'journal.sqlite'),
    head: join(folder, 'journal.head'),
    lock: join(folder, 'lock.sqlite'),
    owner: join(folder, 'owner'),
    logs: join(folder, 'logs', 'logs.sqlite'),
    blobs: join(folder, 'blobs'),
    inbox: join(folder, 'inbox'),
  };
}

/** The folder in which a run is made before it gets its name: a crash in between leaves no run. */
export function unfinishedFolder(root: string, run: RunId): string {
  return join(root, `.new-${run}`);
}

/** Where the concurrency groups of all runs lie: a folder of its own, so that it can be listened to. */
export function groupsFile(root: string): string {
  return join(root, 'groups', 'groups.sqlite');
}
