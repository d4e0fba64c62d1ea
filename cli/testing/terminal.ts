import type { InputLine } from '../lines.ts';
import { runCommandLine } from '../main.ts';
import type { OutputStream, Terminal } from '../terminal.ts';

/** A terminal that keeps what is written to it. */
export interface TestTerminal extends Terminal {
  written(): string;
  complaints(): string;
}

/** A terminal without a window, in `cwd`, whose environment is `env` and whose input is `lines`. */
export function testTerminal(
  options: {
    readonly cwd?: string;
    readonly env?: Terminal['env'];
    readonly lines?: readonly (string | InputLine)[];
    /** What a person types who is asked, one after another. Default: nobody sits there. */
    readonly answers?: readonly string[];
    /** Default: a clock that stands still at 0. */
    readonly now?: Terminal['now'];
  } = {},
): TestTerminal {
  const stdout = textStream();
  const stderr = textStream();
  const answers = options.answers?.slice();
  return {
    stdout,
    stderr,
    env: options.env ?? { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    cwd: options.cwd ?? process.cwd(),
    now: options.now ?? (() => 0),
    every: () => () => {},
    onInterrupt: () => () => {},
    onHangUp: () => () => {},
    async *stdin() {
      for (const line of options.lines ?? []) yield typeof line === 'string' ? { text: line } : line;
    },
    ...(answers === undefined ? {} : { answer: async () => answers.shift() }),
    written: () => stdout.text(),
    complaints: () => stderr.text(),
  };
}

/** A stream that keeps what is written to it. */
export function textStream(
  given: Partial<OutputStream> = {},
): OutputStream & { readonly text: () => string; readonly writes: () => readonly string[] } {
  const writes: string[] = [];
  return {
    write: (text) => void writes.push(text),
    ready: async () => {},
    flushed: async () => {},
    behind: () => false,
    failure: () => undefined,
    interactive: false,
    colours: false,
    size: () => ({ columns: 80, rows: 24 }),
    ...given,
    text: () => writes.join(''),
    writes: () => writes,
  };
}

/** Runs a command line in this process. */
export async function commandLine(
  argv: readonly string[],
  options: Parameters<typeof testTerminal>[0] = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const terminal = testTerminal(options);
  const code = await runCommandLine(argv, terminal);
  return { code, stdout: terminal.written(), stderr: terminal.complaints() };
}
