import { type FSWatcher, watch } from 'node:fs';

/** How processes learn that another one wrote into a folder. */
export interface FolderBell {
  /** Something was written into the folder. */
  ring(folder: string): void;
  /** Calls back soon after something was written into the folder, and now and then without a reason. The folder must be there. */
  listen(folder: string, changed: () => void): Disposable;
}

/** After so long a folder is looked at whether or not anything was heard: notifications can get lost, or be used up. */
const lookAgainMs = 250;

/** The machine's file notifications, over all processes. Whoever listens keeps the process alive. */
export const systemBell: FolderBell = {
  ring: () => {},
  listen(folder, changed) {
    const timer = setInterval(changed, lookAgainMs);
    const watcher = watchIfPossible(folder, changed);
    return {
      [Symbol.dispose]() {
        clearInterval(timer);
        watcher?.close();
      },
    };
  },
};

/** Where the kernel has no notification left to give, the folder is looked at all the same. */
function watchIfPossible(folder: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, changed);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
