/** docs/trust.md: its files, its commands, and what they print. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommandLine } from '../cli/main.ts';
import { testTerminal, textStream } from '../cli/testing/terminal.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';
import { commandsOf, filesOf, wordsOf } from './page.ts';

const files = filesOf(blocksOn('docs/trust.md', { named: true }));
const entries = commandsOf(blocksOn('docs/trust.md', { language: 'console' }));

const keyId = /ed25519-[0-9a-f]{32}/;
const publicKey = /ed25519:[A-Za-z0-9+/]{43}=/g;

/** What is another one for each key, version of Waterflow and folder. */
function stable(text: string, cwd: string): string {
  return text
    .replaceAll(cwd, '/home/alice')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/sha256:[0-9a-f]{12}…/g, 'BEGINNING')
    .replaceAll(new RegExp(keyId, 'g'), 'KEY')
    .replaceAll(/good until \S+Z/g, 'good until THEN')
    .replaceAll(publicKey, 'PUBLIC')
    .replaceAll(/\d+ bytes/g, 'N bytes')
    .replaceAll(/by waterflow \d\S+/g, 'by BUILDER')
    .trimEnd();
}

it('the page on trust prints what the commands print, one after the other', async () => {
  const { 'trust.yaml': trusted = '', ...others } = files;
  const cwd = folderWith(others);
  const waterflow = async (argv: readonly string[]): Promise<string> => {
    const env = { PATH: process.env['PATH'], PLUGIN_DIR: join(cwd, 'none'), XDG_STATE_HOME: join(cwd, 'state') };
    // Both go to one terminal, in the order in which they are written.
    const screen = textStream();
    await runCommandLine(argv, { ...testTerminal({ cwd, env }), stdout: screen, stderr: screen });
    return screen.text();
  };
  const made = await waterflow(['keys', 'new', '--signing', '--name', 'bob']);
  const ids = new Map([['bob', keyId.exec(made)?.[0] ?? '']]);
  const [shown, expected]: [string[], string[]] = [[], []];
  expect(entries.length).toBe(17);
  for (const { command, shown: lines } of entries) {
    if (command.includes('registry build')) publish(cwd);
    const whose = command.includes('keys trust') ? 'alice' : 'bob';
    const [, ...words] = wordsOf(command.replace(keyId, ids.get(whose) ?? ''));
    const output = await waterflow(words);
    shown.push(`${command}\n${stable(output, cwd)}`);
    expected.push(`${command}\n${stable(lines.join('\n'), cwd)}`);
    if (command.includes('keys new')) {
      ids.set('alice', keyId.exec(output)?.[0] ?? '');
      trustBoth(cwd);
    }
  }
  expect(shown).toEqual(expected);
  expect(stable(readFileSync(join(cwd, 'trust.yaml'), 'utf8'), cwd)).toBe(stable(trusted, cwd));
});

/** Puts the package where the page says that it lies. */
function publish(cwd: string): void {
  mkdirSync(join(cwd, 'stick'));
  for (const name of ['acme-greet-1.0.0.tgz', 'acme-greet-1.0.0.tgz.sig']) {
    copyFileSync(join(cwd, name), join(cwd, 'stick', name));
  }
}

/** The page's keys are nobody's: those that were made take their places. */
function trustBoth(cwd: string): void {
  const keys = ['alice', 'bob'].map((name) => readFileSync(join(cwd, `${name}.pub`), 'utf8').trim());
  writeFileSync(
    join(cwd, 'two.yaml'),
    (files['two.yaml'] ?? '').replaceAll(publicKey, () => keys.shift() ?? ''),
  );
}
