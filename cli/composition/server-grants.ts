import { allJobs, allSteps, placeOfJob } from '../../dsl/index.ts';
import { explainCall, explanationToJson, parseCallText } from '../../runtime/grants/index.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import type { Policy } from '../../runtime/policy/index.ts';
import { type AbsolutePath, type Plan, WaterflowFailure } from '../../schemas/index.ts';
import type { GrantQuery, ReadGrants, StepGrants } from '../../server/grants.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { changeInWords } from '../report/least-change.ts';
import type { Terminal } from '../terminal.ts';
import { explainStep, requestOfStep, type Site, type SitedStep } from './explain-step.ts';
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
    const call = query.call === undefined ? undefined : callIn(query.call);
    const asked: StepGrants[] = [];
    for (const sited of stepsOf(plan, query)) asked.push(await grantsOf(site, sited, call));
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

/** INVALID_INPUT where it is no call. */
function callIn(text: string): HostCall {
  const parsed = parseCallText(text);
  if (!('problem' in parsed)) return parsed.call;
  const { problem, remedy } = parsed;
  throw new WaterflowFailure({ code: 'INVALID_INPUT', message: `\`call\`: ${problem}`, remedy });
}

async function grantsOf(site: Site, sited: SitedStep, call: HostCall | undefined): Promise<StepGrants> {
  const { unknown, result } = await explainStep(site, sited);
  const place = { job: sited.called.key, step: sited.key, uses: sited.step.uses, unknown_inputs: unknown };
  if (!('capabilities' in result)) return { ...place, error: result };
  const of = call === undefined ? {} : await callUnder(site, sited, call);
  return { ...place, grant: explanationToJson(result), ...of };
}

/** What came of a call under a step's grant, and the least that would allow it. */
async function callUnder(site: Site, sited: SitedStep, call: HostCall): Promise<Pick<StepGrants, 'call' | 'error'>> {
  const requested = await requestOfStep(site, sited);
  if ('error' in requested) return { error: requested.error };
  const { request } = requested;
  const explained = explainCall(request, call);
  if ('error' in explained) return { error: explained.error };
  const { decision, changes } = explained.explanation;
  const step = { plugin: request.plugin.identity.name, uses: sited.step.uses };
  return {
    call: {
      decision,
      changes: changes.map((change) => ({
        layer: change.layer,
        place: change.place,
        ...changeInWords(change, step),
      })),
    },
  };
}
