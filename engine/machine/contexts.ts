import type { JsonObject, Plan } from '../../schemas/index.ts';
import type { RunFacts } from './run/protocol.ts';

/** The contexts that every place of a run sees. */
export function runContexts(facts: RunFacts): JsonObject {
  return { inputs: facts.inputs, vars: facts.vars, tenant: { id: facts.tenant } };
}

/** The `workflow` context: of a called workflow it speaks of that one. */
export function workflowContext(plan: Plan, facts: RunFacts): JsonObject {
  return { name: plan.name, run_id: facts.run, run_attempt: facts.run_attempt, file: plan.file };
}
