/** docs/explain.md: its workflow, run as the page says, and what is said of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine } from '../cli/testing/terminal.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { commandsOf, filesOf, wordsOf } from './page.ts';

const page = readFileSync(join(root, 'docs', 'explain.md'), 'utf8');

/** What is another one for each run, machine and version of a plugin. */
function stable(text: string): string {
  return text
    .replaceAll(/run-[0-9a-z]{26}/g, 'RUN')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/sha256:[0-9a-f]{12}/g, 'DIGEST')
    .replaceAll(/on the agent [^,]+/g, 'on the agent AGENT')
    .trimEnd();
}

it('the page on explaining runs prints what the command prints', async () => {
  const cwd = folderWith(filesOf(blocksOn('docs/explain.md', { named: true })));
  const env = { PATH: process.env['PATH'], XDG_STATE_HOME: join(cwd, 'state') };
  const waterflow = (command: string) => commandLine(wordsOf(command).slice(1), { cwd, env, now: Date.now });
  const runs = Array.from(page.matchAll(/`(waterflow run regions\.yml [^`]+)`/gu), ([, command = '']) => command);
  const ends = [];
  for (const command of runs) ends.push((await waterflow(command)).code);
  expect(ends).toEqual([0, 1]);

  const [entry, ...others] = commandsOf(blocksOn('docs/explain.md', { language: 'console' }));
  expect(others).toEqual([]);
  const { stdout } = await waterflow(entry?.command ?? '');
  expect(stable(stdout)).toBe(stable(entry?.shown.join('\n') ?? ''));
});
