import type { Terminal } from './terminal.ts';

/** Asks the person at the terminal; what they answer, without spaces around it. Undefined where nobody is there, or they end the input. */
export async function ask(
  { answer, stderr }: Pick<Terminal, 'answer' | 'stderr'>,
  question: string,
): Promise<string | undefined> {
  if (answer === undefined) return undefined;
  stderr.write(`${question} `);
  return (await answer())?.trim();
}

/** Asks for a yes; anything else is none. */
export async function askYes(terminal: Pick<Terminal, 'answer' | 'stderr'>, question: string): Promise<boolean> {
  return /^y(?:es)?$/iu.test((await ask(terminal, `${question} [y/N]`)) ?? '');
}
