import { explain, gatherFacts } from '../../engine/explain/index.ts';
import { openOperations } from '../composition/engine.ts';
import { localFacts } from '../composition/local-facts.ts';
import { stateFolder } from '../composition/state.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { printExplanation } from '../report/explanation.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';

/** `waterflow explain`'s options, as the command line gives them. */
export interface ExplainOptions {
  readonly state?: string;
  readonly json?: boolean;
}

/** Says why a run is as it is, from what is on record of it on this machine; gives the exit code. */
export async function explainRun(terminal: Terminal, word: string, options: ExplainOptions): Promise<number> {
  const run = findRun(openStore(terminal, options.state), word);
  await using opened = openOperations(terminal, options.state);
  const facts = await gatherFacts(localFacts(opened.engine, stateFolder(terminal, options.state)), run);
  const words = { run, state: options.state };
  printExplanation(terminal, explain(facts), { words, json: options.json === true });
  return exitCodes.ok;
}
