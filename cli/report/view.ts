import type { RunNotice } from '../../engine/port.ts';
import { assertNever } from '../../schemas/index.ts';
import { awaitedText } from './answers.ts';
import { FleetWaves, fleetOf } from './fleets.ts';
import { JobView, type StepEnd, type StepView } from './job-view.ts';
import { depthOf, iterationOf } from './nesting.ts';
import type { PlanFacts } from './plan-facts.ts';
import type { DisplayStatus } from './style.ts';
import { plainLine } from './text.ts';

type OfGroup = Extract<RunNotice, { readonly type: 'group_waiting' | 'group_acquired' }>;
type OfStep = { readonly job: string; readonly step: string; readonly at: string };

/** The run as the live tree shows it, folded from notices. It grows with jobs and steps, not with iterations. */
export class RunView {
  /** By key; a job that calls a workflow stands before the jobs in it. */
  readonly jobs: Map<string, JobView> = new Map();
  title = '';
  /** What keeps the whole run from going on. */
  note = '';
  readonly #facts: PlanFacts;
  readonly #waves = new FleetWaves();

  constructor(facts: PlanFacts) {
    this.#facts = facts;
  }

  apply(notice: RunNotice): void {
    switch (notice.type) {
      case 'run_started':
        this.title = `${plainLine(notice.name)} ${notice.run}${notice.attempt > 1 ? ` attempt ${notice.attempt}` : ''}`;
        return;
      case 'run_paused':
        this.note = `paused by ${plainLine(notice.by)}`;
        return;
      case 'run_resumed':
        this.note = '';
        return;
      case 'group_waiting':
      case 'group_acquired':
        this.#group(notice);
        return;
      case 'awaiting': {
        const { job, step } = notice.signal;
        const text = awaitedText(notice.signal);
        if (step === undefined) this.#job(job, notice.at, 'waiting').note = text;
        else this.#step({ job, step, at: notice.at }).lastLine = text;
        return;
      }
      case 'signal_received':
        // What it changes is told by itself.
        return;
      case 'job_blocked':
        this.#job(notice.job, notice.at, 'running').note =
          notice.reason === undefined ? '' : `blocked: ${plainLine(notice.reason)}`;
        return;
      case 'workspace_left':
        // It stands above the tree, for good.
        return;
      case 'job_started':
        this.#startJob(notice);
        return;
      case 'job_finished':
        this.#waves.finish(notice.job);
        this.#job(notice.job, notice.at, 'running').finish(notice.status, {
          at: Date.parse(notice.at),
          reused: notice.reused === true,
        });
        return;
      case 'step_started':
        this.#startStep(notice);
        return;
      case 'host_call':
        if (notice.decision !== 'allowed') this.#stepOrLoop(notice).denied += 1;
        return;
      case 'log':
        this.#stepOrLoop(notice).log(notice.text);
        return;
      case 'step_retrying':
        if (iterationOf(notice.step) === undefined) this.#step(notice).status = 'waiting';
        return;
      case 'step_finished':
        this.#finishStep(notice);
        return;
      case 'summary':
        return;
      default:
        assertNever(notice);
    }
  }

  #group({ type, job, group, at }: OfGroup): void {
    const text = type === 'group_waiting' ? `waits for its turn in the group ${plainLine(group)}` : '';
    if (job === undefined) this.note = text;
    else this.#job(job, at, 'waiting').note = text;
  }

  #startJob({ job, name, at }: Extract<RunNotice, { readonly type: 'job_started' }>): void {
    // One that is tried again, or ran in an earlier attempt of the run, keeps its place among the others.
    this.#waves.start(job);
    this.#put(job, { name, at, status: 'running' });
  }

  #startStep(notice: Extract<RunNotice, { readonly type: 'step_started' }>): void {
    const at = Date.parse(notice.at);
    const place = iterationOf(notice.step);
    if (place !== undefined) {
      this.#stepOrLoop(notice).iterate().start(place.index, { name: notice.name, at });
      return;
    }
    const step = this.#step(notice, notice.name);
    step.start(at, notice.attempt);
    if (notice.iterations !== undefined) step.iterate(notice.iterations);
  }

  #finishStep(notice: StepEnd): void {
    const place = iterationOf(notice.step);
    if (place === undefined) return this.#step(notice).finish(notice);
    const loop = this.#stepOrLoop(notice).iterate();
    // What fails deeper inside fails the step that holds it, unless that one covers it.
    if (notice.conclusion === 'failure' && depthOf(place.own) === 0) loop.fail(place.index, Date.parse(notice.at));
    if (this.#facts.endsIteration(notice.job, notice.step)) loop.leave(place.index);
  }

  #step(notice: OfStep, name?: string): StepView {
    const { job, step } = notice;
    return this.#job(job, notice.at, 'running').step(step, name ?? this.#facts.nameOf(job, step) ?? step);
  }

  /** The step, or the loop that it is in. */
  #stepOrLoop(notice: OfStep): StepView {
    const loop = iterationOf(notice.step)?.loop;
    return this.#step(loop === undefined ? notice : { ...notice, step: loop });
  }

  #job(key: string, at: string, status: DisplayStatus): JobView {
    return this.jobs.get(key) ?? this.#put(key, { name: key, at, status });
  }

  #put(
    key: string,
    { name, at, status }: { readonly name: string; readonly at: string; readonly status: DisplayStatus },
  ) {
    const callers = this.#facts.callersOf(key);
    // Nothing tells that a call begins but the jobs in it.
    const caller = callers.at(-1);
    if (caller !== undefined) this.#job(caller, at, 'running');
    const fleet = fleetOf(key);
    const place = { callers, ...(fleet === undefined ? {} : { fleet: this.#waves.placeOf(fleet, key) }) };
    const job = new JobView(name, { place, at: Date.parse(at), status });
    this.jobs.set(key, job);
    return job;
  }
}
