/** A page of the documentation as something that can be tried: its files, and its commands with what they print. */
import type { CodeBlock } from '../tools/code-blocks/blocks.ts';
import { type CommandOptions, RunningCommand } from './command.ts';

/** A command of a page, and the lines that the page shows of what it prints. */
export interface PageCommand {
  readonly command: string;
  readonly shown: readonly string[];
}

/** The files that a page names in a line of their own before they are shown. */
export function filesOf(blocks: readonly CodeBlock[]): Readonly<Record<string, string>> {
  return Object.fromEntries(blocks.map(({ file = '', text }) => [file, text]));
}

/** The commands of a page's `console` blocks in their order; lines that end with a backslash go on. */
export function commandsOf(blocks: readonly CodeBlock[]): readonly PageCommand[] {
  return blocks.flatMap(({ text }) =>
    text
      .split(/^(?=\$ )/m)
      .filter((part) => part.trim() !== '')
      .map((part): PageCommand => {
        const [, command = '', rest = ''] = /^\$ ((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(part) ?? [];
        return { command, shown: rest.trimEnd().split('\n') };
      }),
  );
}

/** Words of a shell that knows quotes, and nothing else. */
export function wordsOf(command: string): readonly string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Whether lines are those that a page shows. A line `…`, and `…` within a line, is anything. */
export function areShown(printed: readonly string[], shown: readonly string[]): boolean {
  const parts = shown.map((line) => (line.trim() === '…' ? String.raw`(?:.*\n)*?` : `${pattern(line)}\n`));
  return new RegExp(`^${parts.join('')}$`).test(`${printed.join('\n')}\n`);
}

function pattern(line: string): string {
  return line
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*');
}

/** One bash that carries out commands one after the other, so that what one of them sets the next one has. */
export interface ShellSession {
  /** What a command printed, on both of its streams. */
  readonly run: (command: string) => Promise<string>;
}

/** Starts a bash that knows nothing of the user who runs the tests. */
export function shellSession(options: Omit<CommandOptions, 'input'>): ShellSession {
  const bash = new RunningCommand('bash', ['--noprofile', '--norc'], { ...options, input: { open: true } });
  bash.type('exec 2>&1\n');
  let seen = 0;
  let commands = 0;
  return {
    async run(command) {
      const end = `\n--- end of command ${commands} ---\n`;
      commands += 1;
      bash.type(`{ ${command}\n} </dev/null\nprintf %s ${JSON.stringify(end).replaceAll(String.raw`\n`, '\n')}\n`);
      await bash.saying(end);
      const from = seen;
      const until = bash.stdout.indexOf(end, from);
      seen = until + end.length;
      return bash.stdout.slice(from, until);
    },
  };
}
