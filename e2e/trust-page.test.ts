/** docs/trust.md: its files, its commands, and what they print. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine } from '../cli/testing/terminal.ts';
import { folderWith, root } from './command.ts';

const page = readFileSync(join(root, 'docs', 'trust.md'), 'utf8');

const files = Object.fromEntries(
  Array.from(page.matchAll(/`([\w./-]+)`:\n\n```(?:yaml|ts)\n(.*?)^```$/gms), ([, name = '', text = '']) => [
    name,
    text,
  ]),
);

/** A command of the page, and what it says that is printed. */
const entries = Array.from(page.matchAll(/^```console\n(.*?)^```$/gms), ([, text = '']) =>
  text.split(/^(?=\$ )/m).map((part) => {
    const [first = '', ...lines] = part.trimEnd().split('\n');
    return { command: first.slice('$ '.length), printed: lines.join('\n') };
  }),
).flat();

const publicKey = /ed25519:[A-Za-z0-9+/]{43}=/g;

/** What is another one for each key, version of Node and folder. */
function stable(text: string, cwd: string): string {
  return text
    .replaceAll(cwd, '/home/alice')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/ed25519-[0-9a-f]{32}/g, 'KEY')
    .replaceAll(publicKey, 'PUBLIC')
    .replaceAll(/\d+ bytes/g, 'N bytes')
    .replaceAll(/waterflow \S+ on Node \S+/g, 'BUILDER')
    .trimEnd();
}

function wordsOf(command: string): readonly string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '').slice(1);
}

it('the page on trust prints what the commands print, one after the other', async () => {
  const cwd = folderWith(files);
  const waterflow = async (argv: readonly string[]): Promise<string> => {
    const env = { PATH: process.env['PATH'], PLUGIN_DIR: join(cwd, 'none') };
    const { stdout, stderr } = await commandLine(argv, { cwd, env });
    return stdout + stderr;
  };
  await waterflow(['keys', 'new', '--signing', '--name', 'bob']);
  const [shown, expected]: [string[], string[]] = [[], []];
  expect(entries.length).toBe(10);
  for (const { command, printed } of entries) {
    shown.push(`${command}\n${stable(await waterflow(wordsOf(command)), cwd)}`);
    expected.push(`${command}\n${stable(printed, cwd)}`);
    if (command.includes('keys new')) trustTheseKeys(cwd);
  }
  expect(shown).toEqual(expected);
});

/** The page's keys are nobody's: those that were made take their places. */
function trustTheseKeys(cwd: string): void {
  const keys = ['alice', 'bob'].map((name) => readFileSync(join(cwd, `${name}.pub`), 'utf8').trim());
  for (const file of ['trust.yaml', 'two.yaml']) {
    const left = [...keys];
    writeFileSync(
      join(cwd, file),
      (files[file] ?? '').replaceAll(publicKey, () => left.shift() ?? ''),
    );
  }
}
