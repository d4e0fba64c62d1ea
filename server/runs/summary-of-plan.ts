import { allJobs, allSteps, neededSecrets } from '../../dsl/index.ts';
import type { Diagnostic, Digest, Json, JsonObject, Plan, PlannedJob } from '../../schemas/index.ts';

/** What a workflow would run, for whoever asks before it does. */
export function summaryOfPlan(
  plan: Plan,
  parts: { readonly digest: Digest; readonly inputs: JsonObject; readonly warnings: readonly Diagnostic[] },
): JsonObject {
  const { digest, inputs, warnings } = parts;
  return {
    dry_run: true,
    digest,
    name: plan.name,
    inputs,
    secrets: neededSecrets(plan),
    jobs: Object.fromEntries(Array.from(allJobs(plan), ({ key, job }) => [key, jobOf(job)])),
    warnings: json(warnings),
    plan: json(plan),
  };
}

function jobOf(job: PlannedJob): JsonObject {
  return {
    needs: job.needs,
    ...(job.calls === undefined ? {} : { calls: job.calls.workflow }),
    steps: Array.from(allSteps(job), ({ key, step }) => ({ key, uses: step.uses })),
  };
}

function json(value: object): Json {
  // Plans and diagnostics are JSON; their interfaces only lack JsonObject's index signature.
  return value as unknown as Json;
}
