import type { HostCallEvent } from '../../agent/executor/api.ts';
import type { RunNotice } from '../../engine/port.ts';
import { iterationOf } from './nesting.ts';

/** A host call that wasn't carried out. */
export type RefusedCall = Pick<HostCallEvent, 'capability' | 'operation' | 'decision' | 'subject' | 'rule' | 'remedy'>;

/** The refused calls of one step, a loop with all its iterations, in the order in which they were made. */
export interface RefusedCalls {
  readonly job: string;
  readonly step: string;
  /** The first of them. */
  readonly calls: readonly RefusedCall[];
  /** All of them. */
  readonly count: number;
}

/** Calls of one step that are kept; a flood of them has its count here, and each one in the audit log. */
const keptPerStep = 12;
/** Steps whose calls are kept. */
const keptSteps = 50;
/** Failed steps of iterations whose names are kept. */
const keptFailedInside = 100;

/** What the summary shows of a run and its end doesn't say: the names of steps as they ran, and which host calls were refused. */
export class RunRecord {
  readonly #names: Map<string, string> = new Map();
  #failedInside = 0;
  readonly #refused: Map<string, { job: string; step: string; calls: RefusedCall[]; count: number }> = new Map();

  apply(notice: RunNotice): void {
    if (notice.type === 'step_started') this.#names.set(placeOf(notice), notice.name);
    if (notice.type === 'step_finished') this.#forget(notice);
    if (notice.type === 'host_call' && notice.decision !== 'allowed') {
      this.#refuse({ ...notice, step: iterationOf(notice.step)?.loop ?? notice.step });
    }
  }

  /** The name under which a step ran, its expressions evaluated; undefined where this process didn't see it start. */
  nameOf(job: string, step: string): string | undefined {
    return this.#names.get(placeOf({ job, step }));
  }

  get refused(): readonly RefusedCalls[] {
    return [...this.#refused.values()];
  }

  /** Of the steps of iterations only those that failed are ever named again, and of them not any number. */
  #forget(end: Extract<RunNotice, { readonly type: 'step_finished' }>): void {
    if (iterationOf(end.step) === undefined) return;
    if (end.outcome === 'failure' && this.#failedInside < keptFailedInside) this.#failedInside += 1;
    else this.#names.delete(placeOf(end));
  }

  #refuse(call: RefusedCall & { readonly job: string; readonly step: string }): void {
    const place = placeOf(call);
    let step = this.#refused.get(place);
    if (step === undefined) {
      step = { job: call.job, step: call.step, calls: [], count: 0 };
      this.#refused.set(place, step);
    }
    step.count += 1;
    if (step.calls.length < keptPerStep && this.#refused.size <= keptSteps) step.calls.push(call);
  }
}

function placeOf({ job, step }: { readonly job: string; readonly step: string }): string {
  // Neither a job's id nor a step's can hold a line break; a matrix cell's values stand in between, but can't add a step.
  return `${job}\n${step}`;
}
