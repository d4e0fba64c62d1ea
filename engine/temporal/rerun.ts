import { type JobKey, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { secretsMissing } from '../driving/failures.ts';
import { type Killed, killedKey } from '../driving/kill-mark.ts';
import { toEntry } from '../driving/machines.ts';
import { problemOfRerun } from '../driving/rerun-problem.ts';
import { windDown } from '../driving/wind-down.ts';
import type { Rerun } from '../machine/index.ts';
import type { RerunRequest } from '../port.ts';
import { FollowedRun } from './followed-run.ts';
import type { RunInput } from './protocol.ts';

/** What a run is to run again with. */
interface Rerunning {
  readonly request: RerunRequest;
  /** When and why it was killed, where it was. */
  readonly killed: Killed | undefined;
  /** Sealed. */
  readonly secrets: JsonObject;
  readonly projection: Projection;
}

/** What the workflow begins with that runs a run again. Rejects with what keeps it from that: RUN_STATE. */
export async function rerunInput(
  known: FollowedRun,
  { request, killed, secrets, projection }: Rerunning,
): Promise<RunInput> {
  const { by, what, inputs } = request;
  const rerun: Rerun = { what, ...(inputs === undefined ? {} : { inputs }), secrets: Object.keys(request.secrets) };
  const followed = killed === undefined ? known : await woundDown(known, killed, projection);
  const problem = problemOfRerun(followed.machines, rerun);
  if (problem !== undefined) throw new WaterflowFailure(problem);
  refuseMissingSecrets(followed, request.secrets);
  if (killed !== undefined) await projection.set(known.run, killedKey, null, followed.sequence);
  const { machines, run } = followed;
  return {
    version: 1,
    run,
    plan: machines.plan,
    secrets,
    begin: {
      carried: {
        sequence: followed.countOf(),
        at: followed.at,
        state: machines.run,
        started: Object.fromEntries(machines.startedIn()) as Readonly<Record<JobKey, number>>,
      },
      rerun: { type: 'rerun_requested', by, rerun },
    },
  };
}

/** Any step may read any of them. */
function refuseMissingSecrets({ run, machines }: FollowedRun, given: RerunRequest['secrets']): void {
  if (machines.run.state === 'created') return;
  const missing = machines.run.workflow.facts.secrets.filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0) throw secretsMissing(run, missing);
}

/** The machines of a run that was killed are brought to their end, for good. */
async function woundDown({ run }: FollowedRun, killed: Killed, projection: Projection): Promise<FollowedRun> {
  const followed = await FollowedRun.open(run, projection);
  await followed.catchUp();
  const counts = new Map<JobKey | undefined, number>();
  for (const addressed of windDown(followed.machines, Math.max(followed.at, killed.at))) {
    const job = addressed.machine.kind === 'run' ? undefined : addressed.machine.job;
    const from = (counts.get(job) ?? followed.countOf(job)) + 1;
    counts.set(job, from);
    const { event } = toEntry(addressed);
    await projection.append({ run, ...(job === undefined ? {} : { job }), from, events: [event] });
  }
  const again = await FollowedRun.open(run, projection);
  await again.catchUp();
  return again;
}
