import type { IterationCounts, RunNotice } from '../../engine/port.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import { doneOf, endText } from './loop-view.ts';
import { depthOf, iterationOf } from './nesting.ts';
import type { PlanFacts } from './plan-facts.ts';

type StepStart = Extract<RunNotice, { readonly type: 'step_started' }>;
type StepEnd = Extract<RunNotice, { readonly type: 'step_finished' }>;

/** How far a loop is. It holds of its iterations only those in flight that have failed already. */
interface Progress {
  readonly total: number | undefined;
  /** The next count that is told. */
  next: number;
  done: number;
  readonly failed: Map<number, { readonly step: string; readonly error: WaterflowError | undefined }>;
}

/** Tells of loops: a line for each tenth of their iterations, and one for each iteration that failed. */
export class PlainLoops {
  readonly #facts: PlanFacts;
  readonly #print: (place: string, text: string) => void;
  readonly #loops = new Map<string, Progress>();

  constructor(facts: PlanFacts, print: (place: string, text: string) => void) {
    this.#facts = facts;
    this.#print = print;
  }

  start({ job, step, iterations }: StepStart): void {
    if (iterations === undefined || iterationOf(step) !== undefined) return;
    this.#loops.set(`${job}/${step}`, newProgress(iterations));
  }

  finish(end: StepEnd): void {
    const { job, step, conclusion, error, iterations } = end;
    const place = iterationOf(step);
    if (place === undefined) {
      if (iterations !== undefined) this.#print(`${job}/${step}`, endText(iterations));
      this.#loops.delete(`${job}/${step}`);
      return;
    }
    const loop = this.#loop(`${job}/${place.loop}`);
    const failsIteration = conclusion === 'failure' && depthOf(place.own) === 0 && !loop.failed.has(place.index);
    if (failsIteration) loop.failed.set(place.index, { step: place.own, error });
    if (this.#facts.endsIteration(job, step)) this.#leave(`${job}/${place.loop}`, place.index);
  }

  #leave(key: string, index: number): void {
    const loop = this.#loop(key);
    const failed = loop.failed.get(index);
    if (failed !== undefined) {
      const why = failed.error === undefined ? '' : `: ${failed.error.code}: ${failed.error.message}`;
      this.#print(key, `iteration ${index} failed in ${failed.step}${why}`);
      loop.failed.delete(index);
    }
    loop.done += 1;
    // The last one is told by the end of the loop.
    if (loop.done < loop.next || loop.done === loop.total) return;
    this.#print(
      key,
      loop.total === undefined ? `${loop.done} iterations done` : `${loop.done} of ${loop.total} iterations done`,
    );
    loop.next = nextTold(loop);
  }

  #loop(key: string): Progress {
    const loop = this.#loops.get(key) ?? newProgress(undefined);
    this.#loops.set(key, loop);
    return loop;
  }
}

function newProgress(begun: IterationCounts | undefined): Progress {
  const done = begun === undefined ? 0 : doneOf(begun);
  const progress: Progress = { total: begun?.total, next: 0, done, failed: new Map() };
  progress.next = nextTold(progress);
  return progress;
}

/** The next tenth; of a loop whose size isn't known, the next power of ten. */
function nextTold({ total, done }: Progress): number {
  const tenths = 10;
  if (total === undefined) return 10 ** (Math.floor(Math.log10(Math.max(1, done))) + 1);
  const tenth = Math.floor((done * tenths) / total) + 1;
  return Math.ceil((tenth * total) / tenths);
}
