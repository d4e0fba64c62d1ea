import { usageError } from '../command.ts';
import { openOperations } from '../composition/engine.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { answerCommand } from '../report/answers.ts';
import { renderDetails } from '../report/run-info.ts';
import { createStyle } from '../report/style.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';

/** `waterflow get`'s options, as the command line gives them. */
export interface GetOptions {
  readonly state?: string;
  readonly json?: boolean;
  readonly source?: boolean;
}

/** Shows what a run is at, what it waits for and the commands that answer it; gives the exit code. */
export async function get(terminal: Terminal, word: string, options: GetOptions): Promise<number> {
  if (options.source === true) {
    throw usageError(
      'runs of this machine keep no copy of their workflow files',
      'Read the file itself; a server keeps them: name it with --server.',
    );
  }
  const run = findRun(openStore(terminal, options.state), word);
  const words = { run, state: options.state };
  await using opened = openOperations(terminal, options.state);
  const details = await opened.engine.inspect(run);
  const { stdout } = terminal;
  if (options.json === true) {
    const { plan: _, awaits, ...shown } = details;
    const answered = awaits.map((awaited) => ({ ...awaited, command: answerCommand(awaited, words) }));
    stdout.write(`${plainJson({ ...shown, awaits: answered })}\n`);
    return exitCodes.ok;
  }
  const style = createStyle({ colours: stdout.colours });
  stdout.write(`${renderDetails(details, { words, now: terminal.now(), style }).join('\n')}\n`);
  return exitCodes.ok;
}
