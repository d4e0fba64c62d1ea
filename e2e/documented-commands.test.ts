import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../cli/testing/terminal.ts';
import { blocksIn } from '../tools/code-blocks/blocks.ts';
import { root } from './command.ts';

/** Without errors.md, whose examples are mistakes. */
const pages: readonly string[] = globSync(['README.md', 'docs/**/*.md', 'examples/**/README.md'], {
  cwd: root,
  exclude: ['docs/errors.md'],
}).sort();

/** The command lines in a page's code, each as words; what shells do with them is left out. */
function commandsIn(page: string): readonly (readonly string[])[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/\\\n\s*/gu, ' ');
  const begin = String.raw`^ *(?:\$ )?(?:[A-Z_]+=\S+ )*|\x60|\$\(`;
  const commands = text.matchAll(new RegExp(String.raw`(?:${begin})waterflow ([^\x60\n]+)`, 'gmu'));
  return Array.from(commands, ([, words = '']) =>
    words
      .replaceAll(/'[^']*'|"[^"]*"/gu, 'QUOTED')
      .replace(/ +#.*$/u, '')
      .replace(/[|>)&;].*$/u, '')
      .trim()
      .split(/\s+/u),
  );
}

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
}; // npm would refuse it otherwise.

const helps = new Map<string, Promise<string>>();

function helpOf(path: readonly string[]): Promise<string> {
  const key = path.join(' ');
  const known = helps.get(key) ?? commandLine([...path, '--help']).then(({ stdout }) => stdout);
  helps.set(key, known);
  return known;
}

/** The command that the first words lead to, as its help names it. */
async function pathOf(words: readonly string[]): Promise<readonly string[]> {
  const path: string[] = [];
  for (const word of words) {
    const help = await helpOf(path);
    const names = Array.from(
      /^Commands:\n([\s\S]*)/mu.exec(help)?.[1]?.matchAll(/^ {2}([\w-]+)/gmu) ?? [],
      ([, name]) => name,
    );
    if (!names.includes(word)) break;
    path.push(word);
  }
  return path;
}

describe('the command lines of the documentation', () => {
  it.each(pages)('are ones that there are: %s', async (page) => {
    const wrong: string[] = [];
    for (const words of commandsIn(page)) {
      const path = await pathOf(words);
      const help = await helpOf(path);
      if (path.length === 0 && !words[0]?.startsWith('-')) wrong.push(`no command: ${words.join(' ')}`);
      const options = words.flatMap((word) => /^--?[a-z][\w-]*/u.exec(word) ?? []);
      for (const option of options) {
        if (!new RegExp(String.raw`(?:^|[ ,])${option}(?:[ ,\n]|$)`, 'mu').test(help)) {
          wrong.push(`no ${option}: ${words.join(' ')}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("the documentation's own commands", () => {
  it.each(['CONTRIBUTING.md', ...pages])('are scripts and files that there are: %s', (page) => {
    const code = blocksIn(page, readFileSync(join(root, page), 'utf8')).map(({ text }) => text);
    const named = Array.from(code.join('').matchAll(/^npm run ([\w:-]+)/gmu), ([, name = '']) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const files = Array.from(code.join('').matchAll(/^bash (tools\/\S+)/gmu), ([, file = '']) => file);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});
