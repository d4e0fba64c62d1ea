import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FolderBell } from './bell.ts';
import type { RunLayout } from './layout.ts';

/**
 * Calls back soon after something of a run was written. A bell also rings without a reason, and whoever follows a run opens its files
 * then, so they are looked at from outside first.
 */
export function listenToRun(layout: RunLayout, bell: FolderBell, changed: () => void): Disposable {
  let seen = traceOf(layout);
  // Two writes of the same moment leave the same trace: after a change there is one call more.
  let onceMore = false;
  const look = (): void => {
    const now = traceOf(layout);
    if (now === seen && !onceMore) return;
    onceMore = now !== seen;
    seen = now;
    changed();
  };
  using listening = new DisposableStack();
  for (const folder of [layout.folder, dirname(layout.logs)]) {
    if (existsSync(folder)) listening.use(bell.listen(folder, look));
  }
  return listening.move();
}

/** Sizes and times of the files that events and logs are written to. */
function traceOf({ journal, logs }: RunLayout): string {
  return [journal, logs]
    .flatMap((file) => [file, `${file}-wal`])
    .map((file) => {
      const stats = statSync(file, { throwIfNoEntry: false });
      return stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`;
    })
    .join(' ');
}
