import type { Executor } from '../../agent/executor/api.ts';
import {
  assertNever,
  type JobKey,
  type Plan,
  type RunId,
  type StepTask,
  type WaterflowFailure,
} from '../../schemas/index.ts';
import type { LogSegment, RunStore } from '../../storage/index.ts';
import type { JobEvent, RunFacts } from '../machine/index.ts';
import type { RunHandle, RunNotice, RunSummary } from '../port.ts';
import type { Clock } from './api.ts';
import { carryOut } from './effects.ts';
import { leftFailure, machineryFailure } from './failures.ts';
import { markKilled } from './kill-mark.ts';
import { lostResult, stepLostIn } from './lost-steps.ts';
import { type Addressed, type Effect, type Machines, toEntry } from './machines.ts';
import { NoticeBuffer } from './notices.ts';
import { Observer, timeText } from './observer.ts';
import type { Replayed } from './replay.ts';
import { summarize } from './summary.ts';
import { Timers } from './timers.ts';
import { takeIn } from './turn.ts';
import { stepOf, type WithoutTime, Work, type WorkReports } from './work.ts';

/** What a run is conducted with. */
export interface ConductorParts {
  readonly store: RunStore;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly machines: Machines;
  /** Events are never earlier than this (ms since the epoch). */
  readonly notBefore: number;
}

/** Why this process is done with a run. */
type Ending =
  | { readonly kind: 'ended' }
  | { readonly kind: 'killed'; readonly at: number }
  | { readonly kind: 'left' }
  | { readonly kind: 'broken'; readonly failure: WaterflowFailure };

/**
 * Drives one run. Events wait in an inbox; in each turn of the event loop all of them, and those that follow from them in
 * other machines, go through the machines and into the journal in one transaction, and only then the effects are carried
 * out. A step's start is in the transaction that asks for it, so that it is durable before the step runs, at no cost of
 * its own.
 */
export class Conductor implements RunHandle {
  readonly run: RunId;
  readonly plan: Plan;
  readonly notices: AsyncIterable<RunNotice>;
  readonly finished: Promise<RunSummary>;
  readonly #store: RunStore;
  readonly #clock: Clock;
  readonly #machines: Machines;
  readonly #work: Work;
  readonly #timers: Timers;
  readonly #observer: Observer;
  readonly #buffer = new NoticeBuffer();
  readonly #outcome = Promise.withResolvers<RunSummary>();
  #inbox: Addressed[] = [];
  #phase: 'preparing' | 'going' | 'over' = 'preparing';
  #turn: NodeJS.Immediate | undefined;
  #now: number;
  /** What went wrong while the last work was brought to an end. */
  #brokenAtTheEnd: WaterflowFailure | undefined;

  constructor(parts: ConductorParts) {
    this.run = parts.store.run;
    this.plan = parts.machines.plan;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#machines = parts.machines;
    this.#now = parts.notBefore;
    this.#work = new Work(this.run, parts.executor, this.#reports());
    this.#timers = new Timers(parts.clock);
    this.#observer = new Observer(parts.machines.plan, parts.store);
    this.notices = this.#buffer.notices;
    this.finished = this.#outcome.promise;
    // Whoever only reads notices must not get an unhandled rejection.
    this.finished.catch(() => {});
  }

  /** Begins a new run. That it began is durable before anyone learns its id. */
  start(facts: RunFacts): void {
    this.#phase = 'going';
    this.#inbox.push({ machine: { kind: 'run' }, event: { type: 'run_started', at: this.#time(), facts } });
    this.#takeTurn();
  }

  /** Goes on where the journal ends: takes the workspaces over, then issues again what was outstanding. */
  async resume(replayed: Replayed): Promise<void> {
    this.#buffer.push(this.#observer.runStarted({ at: this.#time(), resumed: true }));
    try {
      await this.#takeOver(replayed);
      // It may have been killed or left meanwhile.
      if (this.#phase === 'preparing') this.#issueAgain(replayed);
    } catch (cause) {
      this.#break(cause);
    }
  }

  cancel(reason: string): void {
    this.#post({ machine: { kind: 'run' }, event: { type: 'cancel_requested', at: this.#time(), reason } });
  }

  async kill(): Promise<void> {
    this.#takeTurn();
    if (this.#phase !== 'over') await this.#killNow();
    await this.finished.catch(() => {});
  }

  /** Stops all work at once and leaves the run as it is, for a resume. */
  async leave(): Promise<void> {
    if (this.#phase !== 'over') await this.#conclude({ kind: 'left' });
    await this.finished.catch(() => {});
  }

  async #killNow(): Promise<void> {
    const at = this.#time();
    try {
      const cancel: Addressed = { machine: { kind: 'run' }, event: { type: 'cancel_requested', at, reason: 'killed' } };
      if (this.#machines.apply(cancel) !== undefined) this.#store.append([toEntry(cancel)]);
      markKilled(this.#store, at);
    } catch (cause) {
      return this.#break(cause);
    }
    await this.#conclude({ kind: 'killed', at });
  }

  #post(addressed: Addressed): void {
    if (this.#phase === 'over') return;
    this.#inbox.push(addressed);
    this.#turn ??= setImmediate(() => this.#takeTurn());
  }

  /** Takes in what waits, journals it, and carries out what comes of it, after `effects` that are due already. */
  #takeTurn(effects: readonly Effect[] = []): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#phase !== 'going') return;
    try {
      const taken = takeIn(this.#inbox, { machines: this.#machines, observer: this.#observer });
      this.#inbox = [];
      this.#store.append(taken.entries);
      for (const notice of taken.notices) this.#buffer.push(notice);
      for (const effect of [...effects, ...taken.effects]) this.#carryOut(effect);
    } catch (cause) {
      this.#break(cause);
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'end_run':
        void this.#conclude({ kind: 'ended' });
        return;
      case 'job':
        carryOut(effect, {
          work: this.#work,
          timers: this.#timers,
          timerFired: (timer) => this.#answer(effect.job, { type: 'timer_fired', timer }),
        });
        return;
      default:
        assertNever(effect);
    }
  }

  #issueAgain({ begun }: Replayed): void {
    const { events, effects } = this.#machines.outstanding(this.#time());
    const due: Effect[] = [];
    this.#inbox.push(...events);
    for (const effect of effects) {
      const lost = stepLostIn(effect, begun);
      if (lost === undefined) due.push(effect);
      else this.#inbox.push(lostResult(lost, this.#time()));
    }
    this.#phase = 'going';
    this.#takeTurn(due);
  }

  /** Workspaces whose release a crash may have cut short go first: their paths may be given out again. */
  async #takeOver({ released, held }: Replayed): Promise<void> {
    const kept = new Set([...held.values()].map(({ claim }) => claim.workspace));
    const gone = released.filter(({ workspace }) => !kept.has(workspace));
    await Promise.all(gone.map((claim) => this.#work.releaseEarlier(claim)));
    await Promise.all([...held].map(([job, { job_attempt, claim }]) => this.#work.reclaim(job, job_attempt, claim)));
  }

  #reports(): WorkReports {
    return {
      answer: (job, event) => this.#answer(job, event),
      log: (task, part) => {
        if (this.#phase !== 'going') return;
        const segment = { ...attemptOf(task), ...part, at: this.#time() };
        try {
          this.#store.appendLog(segment);
          this.#buffer.push(this.#observer.logged(segment));
        } catch (cause) {
          this.#break(cause);
        }
      },
      hostCall: (task, event) => this.#buffer.push(this.#observer.hostCalled(task, { at: this.#time(), event })),
      broken: (cause) => this.#break(cause),
    };
  }

  #answer(job: JobKey, event: WithoutTime<JobEvent>): void {
    // Adding the time makes the event that it is a part of whole.
    this.#post({ machine: { kind: 'job', job }, event: { ...event, at: this.#time() } as JobEvent });
  }

  /** The clock's time, but never earlier than an event that is journaled. */
  #time(): number {
    this.#now = Math.max(this.#now, Math.floor(this.#clock.now()));
    return this.#now;
  }

  #break(cause: unknown): void {
    const failure = machineryFailure(cause);
    if (this.#phase === 'over') this.#brokenAtTheEnd ??= failure;
    else void this.#conclude({ kind: 'broken', failure });
  }

  /** Ends this process's part in the run: nothing is left running, the lock is free, and then `finished` settles. */
  async #conclude(ending: Ending): Promise<void> {
    this.#phase = 'over';
    clearImmediate(this.#turn);
    this.#timers[Symbol.dispose]();
    try {
      const summary = await this.#closeAfter(async () => {
        if (ending.kind === 'ended') await this.#work.settled();
        await this.#work.stop(ending.kind === 'killed' ? 'remove' : 'keep');
        return this.#summaryOf(ending);
      });
      this.#buffer.push({ type: 'summary', at: timeText(this.#time()), ...summary });
      this.#outcome.resolve(summary);
    } catch (cause) {
      this.#outcome.reject(machineryFailure(cause));
    }
    this.#buffer.end();
  }

  async #closeAfter<Result>(action: () => Promise<Result>): Promise<Result> {
    using _closed = this.#store;
    return await action();
  }

  /** Throws what keeps the run from having an end. */
  #summaryOf(ending: Ending): RunSummary {
    switch (ending.kind) {
      case 'broken':
        throw ending.failure;
      case 'left':
        throw leftFailure(this.run);
      case 'ended':
      case 'killed':
        if (this.#brokenAtTheEnd !== undefined) throw this.#brokenAtTheEnd;
        return summarize({
          machines: this.#machines,
          store: this.#store,
          killedAt: ending.kind === 'killed' ? ending.at : undefined,
        });
      default:
        return assertNever(ending);
    }
  }
}

function attemptOf(task: StepTask): Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'> {
  return { job: task.job, ...stepOf(task) };
}
