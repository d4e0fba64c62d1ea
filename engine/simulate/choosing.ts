import { stepOfKey } from '../../dsl/index.ts';
import { assertNever, type PlannedJob, type StepTask } from '../../schemas/index.ts';
import type { AwaitedSignal } from '../machine/index.ts';
import type { ScriptEntry, ScriptedResult } from './api.ts';
import type { Matcher, Place } from './matching.ts';

type ResultEntry = Extract<ScriptEntry, { readonly kind: 'result' }>;
/** `last`: there was no result left for this attempt, so that it has the last one again. */
type Taken = ScriptedResult & { readonly last: boolean };

/** Finds who bears a result that the script gives a job as a whole: the first of its steps that can, in each of its attempts. */
export class Chooser {
  readonly #matcher: Matcher;
  /** Who bears the result of a job, by entry and job. */
  readonly #bearers = new Map<string, string>();

  constructor(matcher: Matcher) {
    this.#matcher = matcher;
  }

  /** What the script says about an attempt of a plugin step. */
  ofPlugin({ job: key, step }: Pick<StepTask, 'job' | 'step'>, job: PlannedJob): Taken | undefined {
    const place = { job: key, step };
    const own = this.#matcher.resultsFor(place);
    if (own !== undefined) return this.#matcher.take(own, place);
    const goesOn = stepOfKey(job, step)?.continue_on_error;
    if (goesOn?.kind === 'literal' && goesOn.value === true) return undefined;
    return this.#ofJob(place, ({ result }) => !isAnswer(result));
  }

  /** What the script says about an approval or a signal that is waited for. `gated`: the job's environment asks for an approval. */
  ofAwaited({ job, step }: AwaitedSignal, { gated }: { readonly gated: boolean }): Taken | undefined {
    const place = step === undefined ? { job } : { job, step };
    const own = this.#matcher.resultsFor(place);
    if (own !== undefined && (step !== undefined || isAnswer(own.results[0].result))) {
      return this.#matcher.take(own, place);
    }
    return step === undefined || gated ? undefined : this.#ofJob(place, ({ result }) => isAnswer(result));
  }

  #ofJob(place: Place, fits: (result: ScriptedResult) => boolean): Taken | undefined {
    const bearer = JSON.stringify([place.job, place.step]);
    for (const job of jobsAround(place.job)) {
      const entry = this.#matcher.resultsFor({ job });
      if (entry === undefined || !fits(entry.results[0])) continue;
      const key = bearerKey(entry, job);
      if (!this.#bearers.has(key)) this.#bearers.set(key, bearer);
      if (this.#bearers.get(key) === bearer) return this.#matcher.take(entry, place);
    }
    return undefined;
  }
}

/** True for what comes of asking somebody, not of a plugin. */
export function isAnswer(result: ScriptedResult['result']): boolean {
  switch (result) {
    case 'approve':
    case 'reject':
    case 'push-back':
    case 'unanswered':
      return true;
    case 'success':
    case 'failure':
    case 'timeout':
    case 'denied':
    case 'limit':
    case 'lost':
    case 'cancelled':
      return false;
    default:
      return assertNever(result);
  }
}

function bearerKey({ written }: ResultEntry, job: string): string {
  return JSON.stringify([written, job]);
}

/** The key of a job, then those of the jobs that call it, from the innermost. */
function* jobsAround(key: string): Generator<string> {
  yield key;
  for (let end = key.lastIndexOf(' / '); end > 0; end = key.lastIndexOf(' / ', end - 1)) yield key.slice(0, end);
}
