import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocksOn, type CodeBlock } from '../tools/code-blocks/blocks.ts';
import { folderWith, type RunningCommand, start } from './command.ts';
import { filesOf, wordsOf } from './page.ts';

/** A command of the page with what it prints; without a command, what the run in the first terminal prints next. */
interface Entry {
  readonly command: string | undefined;
  readonly lines: readonly string[];
}

function entriesOf(blocks: readonly CodeBlock[]): readonly Entry[] {
  return blocks.flatMap(({ text }) =>
    text.split(/^(?=\$ )/m).map((part): Entry => {
      const [first = '', ...rest] = part.trimEnd().split('\n');
      return first.startsWith('$ ')
        ? { command: first.slice(2), lines: rest }
        : { command: undefined, lines: [first, ...rest] };
    }),
  );
}

/** What is the same each time: neither ids, times and their columns, nor who uses the machine. */
function stable(line: string): string {
  return line
    .replaceAll(/run-[0-9a-z]{26}/g, 'RUN')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b(?:\d+ms|\d+\.\ds|\d+m \d+s)(?= |$|:)/g, 'DURATION')
    .replaceAll(/ {2,}/g, '  ')
    .trimEnd();
}

it('the page on operating runs prints what the commands print, one after the other', async () => {
  const cwd = folderWith(filesOf(blocksOn('docs/operations.md', { named: true })));
  const options = { cwd, env: { XDG_STATE_HOME: join(cwd, 'state') } };
  let terminal: RunningCommand | undefined;
  let seen = 0;
  const printsNext = async (lines: readonly string[]): Promise<void> => {
    for (const line of lines.map(stable).filter((text) => text !== '')) {
      seen = await lineAfter(terminal, line, seen);
    }
  };

  const [shown, expected]: [Entry[], Entry[]] = [[], []];
  const entries = entriesOf(blocksOn('docs/operations.md', { language: 'console' }));
  expect(entries.length).toBeGreaterThan(20);
  for (const { command, lines } of entries) {
    if (command === undefined) {
      await printsNext(lines);
      continue;
    }
    const [program, ...argv] = wordsOf(command);
    if (program === 'pkill') {
      terminal?.kill('SIGKILL');
      await terminal?.ended;
    } else if (argv[0] === 'run' || argv[0] === 'rerun') {
      await terminal?.ended;
      terminal = start(argv, options);
      seen = 0;
      await printsNext(lines);
    } else {
      if (command === 'waterflow cancel latest') await terminal?.ended;
      const { stdout, stderr } = await start(argv, options).ended;
      const printed = `${stdout}${stderr}`.trimEnd().split('\n').map(stable);
      shown.push({ command, lines: printed });
      expected.push({ command, lines: lines.map(stable) });
    }
  }
  await terminal?.ended;
  expect(shown).toEqual(expected);
});

/** The index after the next line that is this one. Rejects where the command ends without it. */
async function lineAfter(terminal: RunningCommand | undefined, line: string, from: number): Promise<number> {
  if (terminal === undefined) throw new Error(`nothing runs that could print ${line}`);
  for (;;) {
    const lines = terminal.stdout.split('\n').map(stable);
    const index = lines.indexOf(line, from);
    if (index !== -1) return index + 1;
    await terminal.printing(`it ended without printing ${JSON.stringify(line)}`);
  }
}
