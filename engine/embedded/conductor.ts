import type { JobKey, Plan, RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import { Awaiting } from '../driving/awaiting.ts';
import { machineryFailure, runIsOver } from '../driving/failures.ts';
import { detailsOfRun } from '../driving/inspect.ts';
import { noKillMark } from '../driving/kill-mark.ts';
import { type Addressed, type Consequences, type Effect, type Machines, toEntry } from '../driving/machines.ts';
import { NoticeBuffer } from '../driving/notices.ts';
import { Observer, timeText } from '../driving/observer.ts';
import { askerOf, eventsOf } from '../driving/operations.ts';
import type { JobEvent, RunFacts } from '../machine/index.ts';
import type { Operation, RunDetails, RunHandle, RunInfo, RunNotice, RunSummary } from '../port.ts';
import { notCleanedUp } from './clean-up.ts';
import type { ConductorParts, Rerunning } from './conductor-parts.ts';
import { carryOut, timerFired } from './effects.ts';
import { type Ending, endOfRun } from './ending.ts';
import type { Withheld } from './gates.ts';
import { HeldSteps } from './held-steps.ts';
import { journalKill } from './kill.ts';
import { withoutLost } from './lost-steps.ts';
import { Memberships } from './memberships.ts';
import type { Replayed } from './replay.ts';
import { answerRequests } from './requests.ts';
import type { SecretValues } from './run-secrets.ts';
import { SnapshotWriter } from './snapshot.ts';
import { Timers } from './timers.ts';
import { takeIn } from './turn.ts';
import { type WithoutTime, Work } from './work.ts';
import { workReports } from './work-reports.ts';

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
  readonly #parts: ConductorParts;
  readonly #store: RunStore;
  readonly #machines: Machines;
  readonly #work: Work;
  readonly #timers: Timers;
  readonly #observer: Observer;
  readonly #awaiting = new Awaiting();
  readonly #memberships: Memberships;
  readonly #held: HeldSteps;
  readonly #snapshot: SnapshotWriter;
  readonly #buffer = new NoticeBuffer();
  readonly #outcome = Promise.withResolvers<RunSummary>();
  #requests: Disposable | undefined;
  #inbox: Addressed[] = [];
  #phase: 'preparing' | 'going' | 'over' = 'preparing';
  #takesLogs = false; // Until all work has stopped: what steps write while they are ended belongs to their logs.
  #turn: NodeJS.Immediate | undefined;
  #cancelled = false;
  #now: number;
  /** What broke the machinery, perhaps while the last work was brought to an end. */
  #failure: WaterflowFailure | undefined;

  constructor(parts: ConductorParts) {
    this.run = parts.store.run;
    this.plan = parts.machines.plan;
    this.#parts = parts;
    this.#store = parts.store;
    this.#machines = parts.machines;
    this.#now = parts.notBefore;
    this.#timers = new Timers(parts.clock);
    this.#observer = new Observer(parts.machines, parts.store);
    const told = {
      observer: this.#observer,
      time: () => this.#time(),
      tell: (notice: RunNotice) => this.#buffer.push(notice),
      broken: (cause: unknown) => this.#break(cause),
    };
    const takesLogs = (): boolean => this.#takesLogs;
    const answer = (addressed: Addressed): void => this.#post(addressed);
    const reports = workReports({ ...told, store: parts.store, takesLogs, answer });
    this.#work = new Work(this.run, parts.executor, reports);
    this.#held = new HeldSteps({
      ...parts,
      namedByPlugin: (task) => parts.executor.secretsNamedBy(task),
      isGated: (job) => this.#memberships.awaitedBy(job) !== undefined,
      answer: (job, event) => this.#answer(job, event),
      changed: () => this.#post(),
    });
    this.#snapshot = new SnapshotWriter(parts);
    this.#memberships = new Memberships({
      ...told,
      store: parts.shared,
      run: this.run,
      tenant: parts.store.record().tenant,
      clock: parts.clock,
      goOn: (withheld, event) => this.#goOn(withheld, event),
    });
    this.notices = this.#buffer.notices;
    this.finished = this.#outcome.promise;
    // Whoever only reads notices must not get an unhandled rejection.
    this.finished.catch(() => {});
  }

  /** False once it is coming to its end. */
  get isActive(): boolean {
    return this.#phase !== 'over';
  }

  /** The run as lists show it; undefined where that isn't known here yet. */
  info(): RunInfo | undefined {
    return this.#snapshot.info();
  }

  /** The same with its jobs and steps. */
  details(info: RunInfo): RunDetails {
    return detailsOfRun(this.#machines, { info, logs: this.#store });
  }

  /** Begins a new run. That it began is durable before anyone learns its id. */
  start(facts: RunFacts): void {
    this.#begin([{ machine: { kind: 'run' }, event: { type: 'run_started', at: this.#time(), facts } }]);
  }

  /** Goes on where the journal ends: takes the workspaces over, then issues again what was outstanding. */
  async resume(replayed: Replayed): Promise<void> {
    const outstanding = this.#machines.outstanding(this.#time());
    this.#awaiting.followAll(outstanding.effects);
    for (const notice of this.#observer.resumed(outstanding.effects, this.#time())) this.#buffer.push(notice);
    await this.#prepare(replayed, () => this.#issueAgain(outstanding, replayed));
  }

  /** Runs a run that has ended again. `woundDown`: the events that brought it to its end, where it had been killed. */
  async rerun(replayed: Replayed, { woundDown, request }: Rerunning): Promise<void> {
    await this.#prepare(replayed, () => {
      this.#store.append(woundDown.map(toEntry), { ...noKillMark, ...notCleanedUp });
      this.#begin([{ machine: { kind: 'run' }, event: { ...request, at: this.#time() } }]);
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  cancel(reason: string): void {
    this.#cancelled = true;
    const event = { type: 'cancel_requested', at: this.#time(), reason } as const;
    // Who is to end doesn't wait for its turn in a group: what it still does is to tidy up.
    this.#goOn(this.#memberships.waitNoMore(), { machine: { kind: 'run' }, event });
  }

  operate(operation: Operation): void {
    // What is under way already counts: it may have ended the run, or have asked for the signal.
    this.#takeTurn();
    if (this.#phase === 'over') throw runIsOver(this.run);
    if (operation.kind === 'terminate') {
      void this.#killNow(`terminated by ${askerOf(operation)}`);
      return;
    }
    const groupLostBy = (job: JobKey): string | undefined => this.#memberships.awaitedBy(job);
    const operated = { run: this.run, machines: this.#machines, awaiting: this.#awaiting, groupLostBy };
    const events = eventsOf(operation, operated, this.#time());
    if (operation.kind === 'cancel') return this.cancel(`cancelled by ${askerOf(operation)}`);
    this.#post(...events);
    this.#takeTurn();
    // It could not be made durable.
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Values of secrets that were missing: what waits for them goes on. */
  giveSecrets(values: SecretValues): void {
    this.#parts.secrets.give(values);
    this.#held.given();
    this.#takeTurn();
  }

  async kill(): Promise<void> {
    this.#takeTurn();
    if (this.#phase !== 'over') await this.#killNow('killed');
    await this.finished.catch(() => {});
  }

  /** Stops all work at once and leaves the run as it is, for a resume. */
  async leave(): Promise<void> {
    if (this.#phase !== 'over') await this.#conclude({ kind: 'left' });
    await this.finished.catch(() => {});
  }

  async #killNow(reason: string): Promise<void> {
    const at = this.#time();
    try {
      journalKill({ store: this.#store, machines: this.#machines, snapshot: this.#snapshot }, { reason, at });
    } catch (cause) {
      return this.#break(cause);
    }
    await this.#conclude({ kind: 'killed', at });
  }

  #post(...addressed: readonly Addressed[]): void {
    if (this.#phase === 'over') return;
    this.#inbox.push(...addressed);
    this.#turn ??= setImmediate(() => this.#takeTurn());
  }

  /** Takes in what waits, journals it, and carries out what comes of it, after `effects` that are due already. */
  #takeTurn(effects: readonly Effect[] = []): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#phase !== 'going') return;
    try {
      const taken = takeIn(this.#inbox, {
        machines: this.#machines,
        observer: this.#observer,
        memberships: this.#memberships,
        held: this.#held,
      });
      this.#inbox = [];
      this.#awaiting.followAll(taken.effects);
      this.#store.append(
        taken.entries,
        this.#snapshot.changes(this.#awaiting.all(this.#held.isEmpty ? undefined : this.#machines)),
      );
      for (const notice of taken.notices) this.#buffer.push(notice);
      for (const effect of [...effects, ...taken.effects]) this.#carryOut(effect);
      this.#beginHeld();
    } catch (cause) {
      this.#break(cause);
    }
  }

  /** Steps whose secrets are there by now. What has come meanwhile is taken in first: it may have ended them. */
  #beginHeld(): void {
    if (this.#held.isEmpty || this.#inbox.length > 0 || this.#phase !== 'going') return;
    const { events, effects } = this.#held.due(this.#time());
    if (effects.length === 0) return;
    this.#inbox.push(...events);
    this.#takeTurn(effects);
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === 'end_run') {
      void this.#conclude({ kind: 'ended' });
      return;
    }
    // Another effect of the same turn may have broken the run.
    if (this.#phase !== 'going') return;
    carryOut(effect, {
      work: this.#work,
      timers: this.#timers,
      memberships: this.#memberships,
      held: this.#held,
      timerFired: (timer, job) => this.#post(timerFired(timer, job, this.#time())),
    });
  }

  async #prepare(replayed: Replayed, goOn: () => void): Promise<void> {
    try {
      await this.#takeOver(replayed);
      // It may have been killed or left meanwhile.
      if (this.#phase !== 'preparing') return;
      goOn();
      if (this.isActive) this.#memberships.forgetOthers();
    } catch (cause) {
      this.#break(cause);
    }
  }

  #begin(events: readonly Addressed[], effects: readonly Effect[] = []): void {
    this.#inbox.unshift(...events);
    this.#phase = 'going';
    this.#takesLogs = true;
    this.#requests = this.#parts.inbox.listen(() => this.#takeRequests());
    this.#takeTurn(effects);
    this.#takeRequests();
  }

  #issueAgain(outstanding: Consequences, { begun, inGroups }: Replayed): void {
    const due: Effect[] = [];
    const { events, effects } = this.#held.take(withoutLost(outstanding, begun, this.#time()), this.#time());
    if (!this.#cancelled && !this.#machines.isCancelled) this.#memberships.waitAgain(inGroups);
    for (const effect of effects) {
      for (const notice of this.#observer.asked(effect, this.#time())) this.#buffer.push(notice);
      if (!this.#memberships.withholdEffect(effect)) due.push(effect);
    }
    this.#begin(events, due);
  }

  /** Workspaces whose release a crash may have cut short go first: their paths may be given out again. */
  async #takeOver({ released, held, kept }: Replayed): Promise<void> {
    await Promise.all(released.map((claim) => this.#work.releaseEarlier(claim)));
    for (const [job, claim] of kept) this.#work.recall(job, claim);
    await Promise.all([...held].map(([job, claim]) => this.#work.reclaim(job, claim)));
  }

  #takeRequests(): void {
    if (this.#phase !== 'going') return;
    try {
      answerRequests(this.#parts.inbox, this.#time(), (operation) => this.operate(operation));
    } catch (cause) {
      this.#break(cause);
    }
  }

  /** What waited for a group goes on, and then the event is taken in. */
  #goOn(withheld: Withheld | undefined, event: Addressed): void {
    this.#post(...(withheld?.events ?? []), event);
    if (withheld !== undefined && withheld.effects.length > 0) this.#takeTurn(withheld.effects);
  }

  #answer(job: JobKey, event: WithoutTime<JobEvent>): void {
    // Adding the time makes the event that it is a part of whole.
    this.#post({ machine: { kind: 'job', job }, event: { ...event, at: this.#time() } as JobEvent });
  }

  /** The clock's time, but never earlier than an event that is journaled. */
  #time(): number {
    this.#now = Math.max(this.#now, Math.floor(this.#parts.clock.now()));
    return this.#now;
  }

  #break(cause: unknown): void {
    this.#failure ??= machineryFailure(cause);
    if (this.#phase !== 'over') void this.#conclude({ kind: 'broken', failure: this.#failure });
  }

  /** Ends this process's part in the run: nothing is left running, the lock is free, and then `finished` settles. */
  async #conclude(ending: Ending): Promise<void> {
    this.#phase = 'over';
    clearImmediate(this.#turn);
    this.#timers[Symbol.dispose]();
    this.#requests?.[Symbol.dispose]();
    try {
      const summary = await this.#closeAfter(ending);
      this.#buffer.push({ type: 'summary', at: timeText(this.#time()), ...summary });
      this.#outcome.resolve(summary);
    } catch (cause) {
      this.#outcome.reject(machineryFailure(cause));
    }
    this.#buffer.end();
  }

  async #closeAfter(ending: Ending): Promise<RunSummary> {
    using store = this.#store;
    using memberships = this.#memberships;
    using _deaf = { [Symbol.dispose]: () => void (this.#takesLogs = false) };
    const [machines, work] = [this.#machines, this.#work];
    return await endOfRun(ending, { machines, store, work, memberships, failure: () => this.#failure });
  }
}
