import type { write } from 'node:fs';

/** What the writer needs of the outside. */
export interface WriterPowers {
  /** `fs.write`: it works in a thread of its own, so that a terminal that doesn't read stops nobody but that thread. */
  readonly write: typeof write;
  readonly later: (milliseconds: number, callback: () => void) => void;
}

/** Writes to a terminal in order, over both descriptors, without ever holding up the event loop. */
export interface TerminalWriter {
  write(fd: number, text: string): void;
  /** Resolves when everything that was written has reached the terminal, or the terminal is gone. */
  drained(): Promise<void>;
  /** True while something waits to be written. */
  behind(): boolean;
  /** Why nothing reaches the terminal any more. */
  failure(): string | undefined;
}

/** How long a descriptor that another process made non-blocking is left alone when it is full. */
const retryMs = 10;

/**
 * Node writes to a terminal synchronously (its documentation, "Process I/O"), so that one that was stopped by Ctrl-S would stop
 * the agent, which must end steps at their deadlines whatever a terminal does.
 */
export function createTerminalWriter({ write, later }: WriterPowers): TerminalWriter {
  const queue: { readonly fd: number; bytes: Buffer }[] = [];
  let waiting: (() => void)[] = [];
  let failed: string | undefined;

  const finish = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const next = (): void => {
    const head = queue[0];
    if (head === undefined) return finish();
    write(head.fd, head.bytes, 0, head.bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') return later(retryMs, next);
      if (error) {
        failed = error.code ?? error.message;
        queue.length = 0;
        return finish();
      }
      head.bytes = head.bytes.subarray(written);
      if (head.bytes.length === 0) queue.shift();
      next();
    });
  };
  return {
    write: (fd, text) => {
      if (failed !== undefined || text === '') return;
      queue.push({ fd, bytes: Buffer.from(text) });
      if (queue.length === 1) next();
    },
    drained: () =>
      queue.length === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve)),
    behind: () => queue.length > 0,
    failure: () => failed,
  };
}
