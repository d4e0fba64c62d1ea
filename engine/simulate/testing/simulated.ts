import type { JsonObject } from '../../../schemas/index.ts';
import { planOf, type WorkflowSketch } from '../../machine/testing/plans.ts';
import type { Moment, Simulation } from '../api.ts';
import { parseScript } from '../script.ts';
import { simulate } from '../simulate.ts';

/** Simulates a sketched workflow with a script as a user writes it; throws where either is refused. */
export function simulated(
  sketch: WorkflowSketch,
  script = '',
  given: { readonly hosts?: readonly string[]; readonly inputs?: JsonObject } = {},
): Simulation {
  const plan = planOf(sketch);
  const parsed = parseScript(plan, { simulate: [script], hosts: given.hosts ?? [] });
  if ('error' in parsed) throw new Error(parsed.error.message);
  const result = simulate(plan, { script: parsed.ok, inputs: given.inputs ?? {}, vars: {} });
  if ('error' in result) throw new Error(result.error.message);
  return result.ok;
}

/** What a refused script is told. */
export function refusal(sketch: WorkflowSketch, script: string, hosts: readonly string[] = []): string {
  const plan = planOf(sketch);
  const parsed = parseScript(plan, { simulate: [script], hosts });
  if ('error' in parsed) return `${parsed.error.message}. ${parsed.error.remedy}`;
  const result = simulate(plan, { script: parsed.ok, inputs: {}, vars: {} });
  if ('error' in result) return `${result.error.message}. ${result.error.remedy}`;
  throw new Error('the script was not refused');
}

/** The ends of jobs and steps, in order: `build.0 success`, `build success`. */
export function ends({ moments }: Simulation): readonly string[] {
  return moments.flatMap((moment) => {
    if (moment.type === 'step_finished') return [`${moment.job}.${moment.step} ${moment.conclusion}`];
    return moment.type === 'job_finished' ? [`${moment.job} ${moment.status}`] : [];
  });
}

/** The moments of one type. */
export function momentsOf<Type extends Moment['type']>(
  { moments }: Simulation,
  type: Type,
): readonly Extract<Moment, { readonly type: Type }>[] {
  return moments.filter((moment): moment is Extract<Moment, { readonly type: Type }> => moment.type === type);
}
