import type { WaterflowError } from '../../schemas/index.ts';
import { jobRerunProblem, type Rerun, rerunProblem } from '../machine/index.ts';
import type { Machines } from './machines.ts';

/** What keeps a run from running again so; of a part of a job that job has to say, too. */
export function problemOfRerun(machines: Machines, rerun: Rerun): WaterflowError | undefined {
  const problem = rerunProblem(machines.plan, machines.run, rerun);
  const { what } = rerun;
  if (problem !== undefined || (what.kind !== 'step' && what.kind !== 'iteration')) return problem;
  const job = machines.job(what.job);
  const { step } = what;
  const part = what.kind === 'step' ? { step } : { step, iteration: what.index };
  return job && jobRerunProblem(machines.plan, job, part);
}
