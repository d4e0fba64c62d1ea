import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a command knows of the outside: its streams and how they are read. Composition roots make it; tests hand in their own. */
export interface Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** A folder that only this user can write to, for what can be made again; absolute. Absent: nothing is kept. */
  readonly cache?: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back again and again until the returned function is called. */
  readonly every: (milliseconds: number, callback: () => void) => () => void;
  /** Tells of SIGINT and SIGTERM until the returned function is called. */
  readonly onInterrupt: (callback: (signal: string) => void) => () => void;
  /** What is piped in, line by line. */
  readonly stdin: () => AsyncIterable<string>;
}

/** Where output goes; `interactive` is true on a terminal that can redraw lines and show colours. */
export interface OutputStream {
  write(text: string): void;
  /** Resolves when a slow reader has caught up with what was written. */
  ready(): Promise<void>;
  readonly interactive: boolean;
  readonly colours: boolean;
  size(): { readonly columns: number; readonly rows: number };
}

/** The process's own streams. Colours follow NO_COLOR (no-color.org) and TERM=dumb. */
export function processTerminal(process: NodeJS.Process, given: Pick<Terminal, 'cache'> = {}): Terminal {
  const stream = (output: NodeJS.WriteStream): OutputStream => {
    const interactive = output.isTTY && process.env['TERM'] !== 'dumb';
    return {
      write: (text) => void output.write(text),
      ready: async () => {
        if (output.writableNeedDrain) await once(output, 'drain');
      },
      interactive,
      colours: interactive && (process.env['NO_COLOR'] ?? '') === '',
      size: () => ({ columns: output.columns ?? 80, rows: output.rows ?? 24 }),
    };
  };
  return {
    ...given,
    stdout: stream(process.stdout),
    stderr: stream(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    now: () => Date.now(),
    every: (milliseconds, callback) => {
      const timer = setInterval(callback, milliseconds);
      return () => clearInterval(timer);
    },
    onInterrupt: (callback) => {
      process.on('SIGINT', callback).on('SIGTERM', callback);
      return () => void process.off('SIGINT', callback).off('SIGTERM', callback);
    },
    stdin: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  };
}
