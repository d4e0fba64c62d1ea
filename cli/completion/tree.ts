import type { Argument, Command, Option } from 'commander';

/** A command as completion knows it: what may follow it on a command line. */
export interface CompletionNode {
  /** The words that lead here: `waterflow plugin run`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** What its arguments are, the last one for all that follow where it may be repeated. */
  readonly arguments: readonly CompletionValue[];
}

/** An option with all its spellings. */
export interface CompletionOption {
  readonly spellings: readonly string[];
  readonly description: string;
  /** What follows it; undefined where nothing does. */
  readonly value: CompletionValue | undefined;
}

/** What stands in the place of a value. */
export type CompletionValue =
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'other' };

/** Every command of a program, from its own tree, so that completion can't differ from what there is. */
export function completionNodes(program: Command): readonly CompletionNode[] {
  return nodesBelow(program, program.name());
}

function nodesBelow(command: Command, path: string): readonly CompletionNode[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  const node: CompletionNode = {
    path,
    commands: children.map((child) => ({ name: child.name(), description: child.description() })),
    options: help.visibleOptions(command).map(optionOf),
    arguments: command.registeredArguments.flatMap(valuesOfArgument),
  };
  return [node, ...children.flatMap((child) => nodesBelow(child, `${path} ${child.name()}`))];
}

function optionOf(option: Option): CompletionOption {
  return {
    spellings: [option.short, option.long].filter((spelling) => spelling !== undefined && spelling !== null),
    description: option.description,
    value: option.required ? valueOf(option.flags, option.argChoices) : undefined,
  };
}

function valuesOfArgument(argument: Argument): readonly CompletionValue[] {
  const value = valueOf(`<${argument.name()}>`, argument.argChoices);
  // Many of them: a command line is hardly ever longer.
  const repeated = 20;
  return Array.from({ length: argument.variadic ? repeated : 1 }, () => value);
}

/** What is meant by `<file>`, `<folder>` and the like, as our options name their values. */
function valueOf(flags: string, choices: readonly string[] | undefined): CompletionValue {
  if (choices !== undefined) return { kind: 'choice', choices };
  const name = /[<[]([^>\]]+)[>\]]/u.exec(flags)?.[1] ?? '';
  if (/^(?:file|policy|cases|script|place|plugin)(?:\.\.\.)?$/u.test(name)) return { kind: 'file' };
  return name === 'folder' ? { kind: 'folder' } : { kind: 'other' };
}
