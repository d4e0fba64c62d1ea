import type { JsonObject, PlannedJob } from '../../../../schemas/index.ts';
import { type Decision, decide } from '../../conditions.ts';
import { runContexts } from '../../contexts.ts';
import { addLayer, emptyEnvironment } from '../../environment.ts';
import type { Result } from '../../errors.ts';
import { jobsSoFar, type WorkflowTurn } from '../turn.ts';
import { statusOf, unsuccessfulNeeds } from './lineage.ts';
import { needsContext } from './needs.ts';

/** Decides whether a job runs, all of whose needs have ended. */
export function decideJob(workflow: WorkflowTurn, job: PlannedJob): Decision {
  const jobs = jobsSoFar(workflow);
  return decide(job.if, {
    status: statusOf(job, jobs),
    contexts: () => ({ ok: { ...runContexts(workflow.state.facts), needs: needsContext(job, jobs) } }),
    evidence: () => unsuccessfulNeeds(job, jobs),
  });
}

/** What a job's own fields are evaluated over, before its matrix is known. */
export interface JobPlace {
  readonly contexts: JsonObject;
  readonly needs: JsonObject;
}

/** The contexts of a job's own fields: with the `env` of its workflow, not with its own. */
export function jobPlace(workflow: WorkflowTurn, job: PlannedJob): Result<JobPlace> {
  const { facts } = workflow.state;
  const outer = runContexts(facts);
  const env = addLayer(emptyEnvironment, workflow.plan.env, { contexts: outer, secrets: facts.secrets });
  if ('error' in env) return env;
  const needs = needsContext(job, jobsSoFar(workflow));
  return { ok: { contexts: { ...outer, needs, env: env.ok.values }, needs } };
}
