import type { JsonObject, WaterflowError } from '../../schemas/index.ts';
import type { JobEvent, RunEvent } from '../machine/index.ts';
import type { FailedAttempt } from './api.ts';
import { type FactSources, type RunGiven, type RunHistory, stepPlace } from './facts.ts';

/** Failed attempts that are kept of one step or job: of a longer row the first ones. */
const mostKept = 20;
/** Steps whose failures are kept. */
const mostSteps = 2000;

/** Reads the events of a run for what its state doesn't say. */
export async function readHistory(events: ReturnType<FactSources['events']>): Promise<RunHistory> {
  const fold = new HistoryFold();
  for await (const { at, job, event } of events) {
    // Each is an event of the run's machine, or of a job's where it names one.
    if (job === undefined) fold.ofRun(at, event as unknown as RunEvent);
    else fold.ofJob({ at, job }, event as unknown as JobEvent);
  }
  return fold.history();
}

class HistoryFold {
  readonly #failures: Map<string, FailedAttempt[]> = new Map();
  readonly #lost: Map<string, FailedAttempt[]> = new Map();
  readonly #blocked: Map<string, string> = new Map();
  #given: RunGiven = { inputs: {}, vars: {}, secrets: [] };
  #attempt = 1;
  #cancelled: { readonly at: string; readonly reason: string } | undefined;
  #pausedBy: string | undefined;

  ofRun(at: string, event: RunEvent): void {
    switch (event.type) {
      case 'run_started':
        this.#given = givenIn(event.facts);
        return;
      case 'rerun_requested':
        this.#attempt += 1;
        this.#cancelled = undefined;
        this.#blocked.clear();
        this.#given = { ...this.#given, ...inputsIn(event.rerun.inputs), secrets: event.rerun.secrets };
        return;
      case 'cancel_requested':
        this.#cancelled = { at, reason: event.reason };
        return;
      case 'pause_requested':
        this.#pausedBy = event.by;
        return;
      case 'resume_requested':
        this.#pausedBy = undefined;
        return;
      default:
        return;
    }
  }

  ofJob({ at, job }: { readonly at: string; readonly job: string }, event: JobEvent): void {
    switch (event.type) {
      case 'step_finished': {
        if (event.result.outcome !== 'failure') return;
        const { step, attempt, job_attempt, result } = event;
        this.#keep(this.#failures, stepPlace(job, step), { at, attempt, job_attempt, error: result.error });
        return;
      }
      case 'queue_blocked':
        if (event.reason === undefined) this.#blocked.delete(job);
        else if (!this.#blocked.has(job)) this.#blocked.set(job, at);
        return;
      case 'agent_claimed':
        this.#blocked.delete(job);
        return;
      case 'agent_lost': {
        const error = { code: 'AGENT_LOST', message: event.reason } as const;
        this.#keep(this.#lost, job, { at, attempt: 1, job_attempt: event.job_attempt, error });
        return;
      }
      case 'claim_refused':
        this.#keep(this.#lost, job, { at, attempt: 1, job_attempt: event.job_attempt, error: event.error });
        return;
      default:
        return;
    }
  }

  history(): RunHistory {
    return {
      given: this.#given,
      failures: this.#failures,
      lost: this.#lost,
      blocked: this.#blocked,
      ...(this.#cancelled === undefined ? {} : { cancelled: this.#cancelled }),
      ...(this.#pausedBy === undefined ? {} : { paused_by: this.#pausedBy }),
    };
  }

  #keep(
    map: Map<string, FailedAttempt[]>,
    key: string,
    failed: {
      readonly at: string;
      readonly attempt: number;
      readonly job_attempt: number;
      readonly error: Pick<WaterflowError, 'code' | 'message'>;
    },
  ): void {
    const { at, attempt, job_attempt, error } = failed;
    const kept = map.get(key) ?? [];
    if (kept.length >= mostKept || (kept.length === 0 && map.size >= mostSteps)) return;
    kept.push({ run_attempt: this.#attempt, job_attempt, attempt, at, code: error.code, message: error.message });
    map.set(key, kept);
  }
}

function givenIn({ inputs, vars, secrets }: RunGiven): RunGiven {
  return { inputs, vars, secrets };
}

function inputsIn(inputs: JsonObject | undefined): Partial<RunGiven> {
  return inputs === undefined ? {} : { inputs };
}
