import { once } from 'node:events';
import { write } from 'node:fs';
import { createInterface } from 'node:readline';
import { type InputLine, linesOf } from './lines.ts';
import { guardedText } from './terminal-guard.ts';
import { createTerminalWriter, type TerminalWriter } from './terminal-writer.ts';

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
  /** Tells of SIGHUP until the returned function is called; it ends the process no more meanwhile. */
  readonly onHangUp: (callback: () => void) => () => void;
  /** What is piped in, line by line. */
  readonly stdin: () => AsyncIterable<InputLine>;
  /** A line that a person types who sees stderr; undefined where they end the input. Absent where nobody sits there. */
  readonly answer?: () => Promise<string | undefined>;
}

/** Where output goes; `interactive` is true on a terminal that can redraw lines and show colours. */
export interface OutputStream {
  write(text: string): void;
  /** Resolves when a slow reader has caught up with what was written. */
  ready(): Promise<void>;
  /** True while a reader hasn't caught up. */
  behind(): boolean;
  /** Resolves when all that was written has left this process, or never will. */
  flushed(): Promise<void>;
  /** Why what is written goes nowhere any more (`EPIPE`: the reader went away; `ENOSPC`); undefined while it is read. */
  failure(): string | undefined;
  readonly interactive: boolean;
  readonly colours: boolean;
  size(): { readonly columns: number; readonly rows: number };
}

/** In UTF-16 code units: far more than any context of a run, and far less than a text may have. */
const longestInputLine = 64 * 1024 * 1024;

type StandardStream = NodeJS.Process['stdout'] | NodeJS.Process['stderr'];

/** The process's own streams and signals; `given` takes their place. Colours follow NO_COLOR (no-color.org) and TERM=dumb. */
export function processTerminal(
  process: NodeJS.Process,
  given: Partial<Pick<Terminal, 'cache' | 'onInterrupt' | 'onHangUp'>> = {},
): Terminal {
  // One writer for both descriptors: on one terminal their order is seen.
  const writer = createTerminalWriter({
    write,
    later: (milliseconds, callback) => void setTimeout(callback, milliseconds),
  });
  return {
    stdout: openStream(process.stdout, process.env, writer),
    stderr: openStream(process.stderr, process.env, writer),
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
    onHangUp: (callback) => {
      process.on('SIGHUP', callback);
      return () => void process.off('SIGHUP', callback);
    },
    stdin: () => linesOf(process.stdin, { longest: longestInputLine }),
    ...(process.stdin.isTTY && process.stderr.isTTY ? { answer: () => typedLine(process.stdin) } : {}),
    ...given,
  };
}

/** Reads one line, and leaves the stream as it was for whoever reads next. */
async function typedLine(input: NodeJS.Process['stdin']): Promise<string | undefined> {
  const lines = createInterface({ input });
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
    });
  } finally {
    lines.close();
  }
}

function openStream(output: StandardStream, env: NodeJS.ProcessEnv, writer: TerminalWriter): OutputStream {
  const interactive = output.isTTY && env['TERM'] !== 'dumb';
  const sink = output.isTTY ? terminalSink(output, writer) : pipeSink(output);
  return {
    ...sink,
    write: (text) => sink.write(guardedText(text, interactive ? 'text and colours' : 'text')),
    interactive,
    colours: interactive && (env['NO_COLOR'] ?? '') === '',
    // A pseudo-terminal that nobody gave a size says 0 x 0.
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
  };
}

type Sink = Pick<OutputStream, 'write' | 'ready' | 'behind' | 'flushed' | 'failure'>;

function terminalSink(output: StandardStream, writer: TerminalWriter): Sink {
  return {
    write: (text) => writer.write(output.fd, text),
    ready: () => writer.drained(),
    behind: () => writer.behind(),
    flushed: () => writer.drained(),
    failure: () => writer.failure(),
  };
}

function pipeSink(output: StandardStream): Sink {
  let failed: string | undefined;
  output.on('error', (error: NodeJS.ErrnoException) => {
    failed ??= error.code ?? error.message;
  });
  return {
    write: (text) => {
      if (failed === undefined) output.write(text);
    },
    ready: async () => {
      // An error ends the waiting, too; the handler above has kept it.
      if (failed === undefined && output.writableNeedDrain) await once(output, 'drain').catch(() => {});
    },
    behind: () => output.writableNeedDrain,
    // An empty write comes after all others, whose errors are told before it ends.
    flushed: () => new Promise((resolve) => void output.write('', () => setImmediate(resolve))),
    failure: () => failed,
  };
}
