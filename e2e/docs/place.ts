/** Where the blocks of a page are run: a folder, `waterflow` on the PATH, and what a page leaves open filled in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith, launcher, RunningCommand } from '../command.ts';

/** A place in which commands of a page run, one after the other or beside each other. */
export interface Place {
  readonly folder: string;
  /** Variables of every command. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a block as one script. Gives what it printed, on both streams. Throws where a command of it fails. */
  readonly run: (block: string) => Promise<string>;
  /** Starts a block that goes on until the test ends. */
  readonly start: (block: string) => RunningCommand;
}

/** What to write in the place of words that are different on each machine. */
export type Replaced = Readonly<Record<string, string>>;

/** A place of its own, with files. */
export function placeWith(
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Place {
  const folder = folderWith(files);
  const programs = join(folder, '.programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'waterflow'), `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`, {
    mode: 0o755,
  });
  const all = { HOME: folder, PATH: `${programs}:${process.env['PATH']}`, ...env };
  const start = (block: string): RunningCommand =>
    new RunningCommand('bash', ['--norc', '-euo', 'pipefail', '-c', `exec 2>&1\n${block}`], { cwd: folder, env: all });
  return {
    folder,
    env: all,
    start,
    async run(block) {
      const { code, signal, stdout } = await start(block).ended;
      if (code !== 0) throw new Error(`it ended with ${code ?? signal}:\n${block}\n${stdout}`);
      return stdout;
    },
  };
}

/** A block with what is different here. Throws where it has no such word: the page has changed, and so must the test. */
export function filled(block: string, replaced: Replaced): string {
  return Object.entries(replaced).reduce((text, [word, by]) => {
    if (!text.includes(word)) throw new Error(`the block has no "${word}":\n${block}`);
    return text.replaceAll(word, by);
  }, block);
}

/** The commands of a block, without what is said beside them; lines that end with a backslash are one. */
export function linesOf(block: string): readonly string[] {
  return block
    .replaceAll(/ *\\\n */gu, ' ')
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+#\s.*$/u, ''));
}
