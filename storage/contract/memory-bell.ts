import type { FolderBell } from '../folder/bell.ts';

/** For tests: a bell within this process, which rings when it is rung and never otherwise. */
export function createMemoryBell(): FolderBell {
  const listeners = new Set<{ readonly folder: string; readonly changed: () => void }>();
  return {
    ring(folder) {
      for (const listener of listeners) if (listener.folder === folder) setImmediate(listener.changed);
    },
    listen(folder, changed) {
      const listener = { folder, changed };
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
