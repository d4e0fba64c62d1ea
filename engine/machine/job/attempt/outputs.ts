import { evaluateOutputs, type NamedOutputs } from '../../outputs.ts';
import { pathsOf } from '../../references.ts';
import { entriesOf } from '../../templates.ts';
import { jobContexts } from '../sequence/contexts.ts';
import { rootOf } from '../sequence/cursor.ts';
import type { JobTurn } from '../turn.ts';

/** Evaluates the outputs of a job whose steps are over. */
export function jobOutputs(turn: JobTurn): NamedOutputs {
  const { outputs, at } = turn.job;
  const environment = { contexts: jobContexts(rootOf(turn), pathsOf(outputs)) };
  return evaluateOutputs(entriesOf(outputs), { environment, owner: 'job', at });
}
