import { allJobs, allSteps, placeOfJob } from '../../dsl/index.ts';
import { explanationToJson } from '../../runtime/grants/index.ts';
import type { Policy } from '../../runtime/policy/index.ts';
import type { AbsolutePath, Plan } from '../../schemas/index.ts';
import type { GrantQuery, ReadGrants, StepGrants } from '../../server/grants.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { Terminal } from '../terminal.ts';
import { explainStep, type Site, type SitedStep } from './explain-step.ts';
import { openPlugins } from './plugins.ts';

/** Where the agent in this process takes plugins and its policy from. */
export interface GrantPlace {
  readonly policy: () => Policy;
  readonly approve: readonly string[];
  /** Where `./folder` begins for a run. */
  readonly workflowFolder: (row: RunRow) => AbsolutePath;
}

/** Says what steps may do as `waterflow grants explain` does, with the inputs of the run. */
export function readGrantsHere(terminal: Terminal, { policy, approve, workflowFolder }: GrantPlace): ReadGrants {
  return async (row, { plan, inputs }, query) => {
    const site: Site = {
      plugins: openPlugins(terminal, approve),
      policy: policy(),
      workflowFolder: workflowFolder(row),
      inputs,
      tenant: row.tenant,
      at: terminal.now(),
    };
    const asked: StepGrants[] = [];
    for (const sited of stepsOf(plan, query)) asked.push(await grantsOf(site, sited));
    return asked;
  };
}

function stepsOf(plan: Plan, { job, step }: GrantQuery): readonly SitedStep[] {
  const wanted = job === undefined ? undefined : keyInPlan(plan, job);
  // The plan knows steps without their iterations.
  const planned = step?.replaceAll(/\[\d+\]/gu, '');
  return Array.from(allJobs(plan), (called) =>
    Array.from(allSteps(called.job), (one): SitedStep => ({ called, ...one })),
  )
    .flat()
    .filter(({ called, key, step: { kind } }) => {
      if (kind !== 'plugin' || (job !== undefined && called.key !== wanted)) return false;
      return planned === undefined || key === planned;
    });
}

/** The key of a job without cells and hosts. */
function keyInPlan(plan: Plan, job: string): string | undefined {
  const place = placeOfJob(plan, job);
  if (place === undefined) return undefined;
  return [...place.callers.map((caller) => placeOfJob(plan, caller)?.job.id ?? ''), place.job.id].join(' / ');
}

async function grantsOf(site: Site, sited: SitedStep): Promise<StepGrants> {
  const { unknown, result } = await explainStep(site, sited);
  const place = { job: sited.called.key, step: sited.key, uses: sited.step.uses, unknown_inputs: unknown };
  return 'capabilities' in result ? { ...place, grant: explanationToJson(result) } : { ...place, error: result };
}
