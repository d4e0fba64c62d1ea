/** docs/trust.md: its files, its commands, and what they print. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommandLine } from '../cli/main.ts';
import { testTerminal, textStream } from '../cli/testing/terminal.ts';
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

const keyId = /ed25519-[0-9a-f]{32}/;
const publicKey = /ed25519:[A-Za-z0-9+/]{43}=/g;

/** What is another one for each key, version of Node and folder. */
function stable(text: string, cwd: string): string {
  return text
    .replaceAll(cwd, '/home/alice')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/sha256:[0-9a-f]{12}…/g, 'BEGINNING')
    .replaceAll(new RegExp(keyId, 'g'), 'KEY')
    .replaceAll(/good until \S+Z/g, 'good until THEN')
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
    const env = { PATH: process.env['PATH'], PLUGIN_DIR: join(cwd, 'none'), XDG_STATE_HOME: join(cwd, 'state') };
    // Both go to one terminal, in the order in which they are written.
    const screen = textStream();
    await runCommandLine(argv, { ...testTerminal({ cwd, env }), stdout: screen, stderr: screen });
    return screen.text();
  };
  const made = await waterflow(['keys', 'new', '--signing', '--name', 'bob']);
  const bob = keyId.exec(made)?.[0] ?? '';
  const [shown, expected]: [string[], string[]] = [[], []];
  expect(entries.length).toBe(16);
  for (const { command, printed } of entries) {
    if (command.includes('registry build')) publish(cwd);
    const words = wordsOf(command.replace(keyId, bob));
    shown.push(`${command}\n${stable(await waterflow(words), cwd)}`);
    expected.push(`${command}\n${stable(printed, cwd)}`);
    if (command.includes('keys new')) trustTheseKeys(cwd);
  }
  expect(shown).toEqual(expected);
});

/** Puts the package where the page says that it lies. */
function publish(cwd: string): void {
  mkdirSync(join(cwd, 'stick'));
  for (const name of ['acme-greet-1.0.0.tgz', 'acme-greet-1.0.0.tgz.sig']) {
    copyFileSync(join(cwd, name), join(cwd, 'stick', name));
  }
}

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
