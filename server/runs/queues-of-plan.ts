import { evaluateTemplate, referencesOf } from '../../dsl/expressions/index.ts';
import { allJobs } from '../../dsl/index.ts';
import type { Json, JsonObject, Plan, Template } from '../../schemas/index.ts';

/** Of a file that names more, the others are found by nobody. */
const mostQueues = 100;

/** The queues that the jobs of a run name, as far as its file and its inputs tell: what else `runs-on` reads only the run knows. */
export function queuesOf(plan: Plan, inputs: JsonObject): readonly string[] {
  const queues = new Set<string>();
  for (const { job, callers } of allJobs(plan)) {
    if (queues.size === mostQueues) break;
    // A called workflow has inputs of its own.
    const queue = job.calls === undefined ? valueOf(job.runs_on, callers.length === 0 ? inputs : undefined) : undefined;
    if (typeof queue === 'string') queues.add(queue);
  }
  return [...queues];
}

function valueOf(template: Template, inputs: JsonObject | undefined): Json | undefined {
  if (template.kind === 'literal') return template.value;
  if (inputs === undefined || !referencesOf(template).every(([context]) => context === 'inputs')) return undefined;
  const evaluated = evaluateTemplate(template, { contexts: { inputs } });
  return 'ok' in evaluated ? evaluated.ok : undefined;
}
