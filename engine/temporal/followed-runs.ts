import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type RunId } from '../../schemas/index.ts';
import type { RunReading } from '../../storage/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { errorOfEnd, errorOfKill } from '../driving/end-error.ts';
import { neverBegan } from '../driving/failures.ts';
import { detailsOfRun } from '../driving/inspect.ts';
import { type Killed, killedIn, killedKey } from '../driving/kill-mark.ts';
import { timeText } from '../driving/observer.ts';
import { windDown } from '../driving/wind-down.ts';
import { stepViews } from '../machine/index.ts';
import type { RunDetails, RunInfo } from '../port.ts';
import { FollowedRun } from './followed-run.ts';
import type { RunLogs } from './readings.ts';

/** What lists show of a run, kept beside its events so that a list replays nothing. */
export const shownKey = 'engine/shown';

/** How many runs stay in memory, so that to look at one again costs what is new. */
const mostRuns = 100;
/** How long a rerun waits for the worker that begins it, and how often it looks, in ms. */
const shownMs = 10_000;
const lookMs = 30;
/** How many lines of its log a failed step shows. */
const lastLines = 20;

/** The last lines of the logs of a run's failed steps. */
export type TailsOf = (followed: FollowedRun) => Promise<Pick<RunReading, 'tail'>>;

/** The runs that were looked at lately. */
export class FollowedRuns {
  readonly #projection: Projection;
  readonly tails: TailsOf;
  readonly #runs = new Map<RunId, Promise<FollowedRun>>();

  constructor({ projection, logs }: { readonly projection: Projection; readonly logs: Pick<RunLogs, 'tail'> }) {
    this.#projection = projection;
    this.tails = (followed) => tailsOf(followed, logs);
  }

  /** With all that is there by now. RUN_NOT_FOUND. */
  async upToDate(run: RunId): Promise<FollowedRun> {
    const followed = await this.opened(run);
    try {
      await followed.catchUp();
      return followed;
    } catch (cause) {
      this.#runs.delete(run);
      throw cause;
    }
  }

  /** As far as it was read, which may be not at all. RUN_NOT_FOUND. */
  async opened(run: RunId): Promise<FollowedRun> {
    const known = this.#runs.get(run);
    const opening = known ?? FollowedRun.open(run, this.#projection);
    this.#runs.delete(run);
    this.#runs.set(run, opening);
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= mostRuns) break;
      this.#runs.delete(oldest);
    }
    try {
      return await opening;
    } catch (cause) {
      this.#runs.delete(run);
      throw cause;
    }
  }

  forget(run: RunId): void {
    this.#runs.delete(run);
  }

  /** When and why the run was killed; undefined where it wasn't. */
  async killed(run: RunId): Promise<Killed | undefined> {
    return killedIn(await this.#projection.get(run, killedKey));
  }

  /** RUN_NOT_FOUND, also where it never began. */
  async info(run: RunId): Promise<RunInfo> {
    return infoOf(await this.upToDate(run), await this.killed(run));
  }

  /** As it was kept last; undefined where it never began. Nothing is replayed for it. */
  async listed(run: RunId): Promise<RunInfo | undefined> {
    const shown = await this.#projection.get(run, shownKey);
    // The projector wrote it.
    return isJsonObject(shown) ? (shown as unknown as RunInfo) : undefined;
  }

  /** Resolves when lists show a later attempt of the run, or this process has `left`; where no worker begins it, after a while. */
  async shownAfter(
    run: RunId,
    { attempt, left }: { readonly attempt: number; readonly left: AbortSignal },
  ): Promise<void> {
    const end = performance.now() + shownMs;
    while (performance.now() < end && !left.aborted) {
      if (((await this.listed(run))?.attempt ?? 0) > attempt) return;
      await sleep(lookMs);
    }
  }

  async details(run: RunId): Promise<RunDetails> {
    const killed = await this.killed(run);
    if (killed === undefined) {
      const followed = await this.upToDate(run);
      return detailsOfRun(followed.machines, { info: infoOf(followed, undefined), logs: await this.tails(followed) });
    }
    // Its machines are brought to their end for who looks: others go on with what is in memory.
    const followed = await FollowedRun.open(run, this.#projection);
    await followed.catchUp();
    const info = infoOf(followed, killed);
    windDown(followed.machines, Math.max(followed.at, killed.at));
    return detailsOfRun(followed.machines, { info, logs: await this.tails(followed) });
  }
}

/** A run as lists show it. RUN_NOT_FOUND where it never began. */
export function infoOf({ run: id, record, machines, awaiting }: FollowedRun, killed: Killed | undefined): RunInfo {
  const { run, plan, name, attempt } = machines;
  if (run.state === 'created') throw neverBegan(id);
  const isOver = run.state === 'ended' || killed !== undefined;
  const awaits = killed === undefined ? awaiting.all(machines) : [];
  const shown = {
    run: id,
    workflow: plan.name,
    file: plan.file,
    name,
    attempt,
    driven: !isOver,
    created_at: timeText(record.created_at),
    awaits,
  };
  if (killed !== undefined) {
    const { at, reason, error } = killed;
    const end =
      error === undefined
        ? ({ status: 'cancelled', error: errorOfKill(reason) } as const)
        : ({ status: 'failure', error } as const);
    return { ...shown, ...end, ended_at: timeText(at) };
  }
  const status = machines.status({ awaits: awaits.length > 0 });
  if (run.state !== 'ended') return { ...shown, status };
  const error = errorOfEnd(run);
  return { ...shown, status, ended_at: timeText(run.ended_at), ...(error === undefined ? {} : { error }) };
}

/** Of its failed steps. Reads them first: whoever shows a run asks for them in passing. */
export async function tailsOf(
  { run, machines }: FollowedRun,
  logs: Pick<RunLogs, 'tail'>,
): Promise<Pick<RunReading, 'tail'>> {
  const failed = [...machines.jobs()].flatMap(([job, state]) =>
    stepViews(machines.plan, state)
      .filter(({ outcome, attempts }) => outcome === 'failure' && attempts > 0)
      .map(({ key: step, job_attempt, attempts: attempt }) => ({ job, step, job_attempt, attempt })),
  );
  const texts = new Map<string, string>();
  for (const step of failed) texts.set(JSON.stringify(step), await logs.tail(run, step, lastLines));
  return {
    tail: ({ job, step, job_attempt, attempt }) => texts.get(JSON.stringify({ job, step, job_attempt, attempt })) ?? '',
  };
}
