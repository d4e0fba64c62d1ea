import type { JsonObject } from '../../schemas/index.ts';
import type { RunFacts } from './run/protocol.ts';

/** The contexts that every place of a run sees. */
export function runContexts(facts: RunFacts): JsonObject {
  return { inputs: facts.inputs, vars: facts.vars, tenant: { id: facts.tenant } };
}
