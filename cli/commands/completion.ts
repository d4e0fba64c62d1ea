import type { Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { type CompletionNode, completionNodes } from '../completion/tree.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

type Shell = 'bash' | 'zsh' | 'fish';

const scripts: Readonly<Record<Shell, (nodes: readonly CompletionNode[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Prints a script by which a shell completes our command lines, made from the program's own commands; gives the exit code. */
export function printCompletion(terminal: Terminal, program: Command, shell: Shell): number {
  terminal.stdout.write(scripts[shell](completionNodes(program)));
  return exitCodes.ok;
}
