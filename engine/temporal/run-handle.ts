import type { RunId } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { leftFailure, machineryFailure, neverBegan, runIsOver } from '../driving/failures.ts';
import type { Killed } from '../driving/kill-mark.ts';
import type { Effect } from '../driving/machines.ts';
import { NoticeBuffer } from '../driving/notices.ts';
import { Observer, timeText } from '../driving/observer.ts';
import { summarize } from '../driving/summary.ts';
import { stepViews } from '../machine/index.ts';
import type { Operation, RunHandle, RunReadings, RunSummary } from '../port.ts';
import { FollowedRun } from './followed-run.ts';
import { tailsOf } from './followed-runs.ts';
import { GroupWaits } from './group-waits.ts';
import { HeldLogs } from './held-logs.ts';
import { LogTails } from './log-tails.ts';
import type { RunLogs } from './readings.ts';

/** What a run is followed with. */
export interface FollowParts {
  /** The run went on before, and only what comes after `after` is told. */
  readonly resumed: boolean;
  readonly after: number;
  readonly projection: Projection;
  readonly logs: RunLogs;
  readonly readings: RunReadings;
  readonly killed: () => Promise<Killed | undefined>;
  readonly operate: (operation: Operation) => Promise<unknown>;
  /** This process leaves; the run goes on. */
  readonly closed: AbortSignal;
}

/** Tells what a run does, from what is written of it. The run doesn't need anybody to follow it. */
export async function followRun(run: RunId, parts: FollowParts): Promise<RunHandle> {
  const followed = await FollowedRun.open(run, parts.projection);
  await followed.catchUp(parts.after);
  const follower = new Follower(followed, parts);
  const ask = (operation: Operation): void => {
    // What keeps the run from it shows in how it goes on.
    parts.operate(operation).catch(() => {});
  };
  const finished = follower.follow();
  finished.catch(() => {});
  return {
    run,
    plan: followed.machines.plan,
    notices: follower.notices,
    finished,
    cancel: (reason) => ask({ kind: 'cancel', by: 'waterflow', reason }),
    async kill() {
      await parts.operate({ kind: 'terminate', by: 'waterflow' }).catch(() => {});
      await finished.catch(() => {});
    },
    operate(operation) {
      if (follower.isOver) throw runIsOver(run);
      ask(operation);
    },
  };
}

class Follower {
  readonly #followed: FollowedRun;
  readonly #parts: FollowParts;
  readonly #tails = new LogTails();
  readonly #observer: Observer;
  readonly #buffer = new NoticeBuffer();
  #position = 0;
  readonly #held = new HeldLogs();
  readonly #groups = new GroupWaits();
  isOver = false;

  constructor(followed: FollowedRun, parts: FollowParts) {
    this.#followed = followed;
    this.#parts = parts;
    this.#observer = new Observer(followed.machines, {
      run: followed.run,
      tail: (step, lines) => this.#tails.tail(step, lines),
    });
  }

  get notices(): RunHandle['notices'] {
    return this.#buffer.notices;
  }

  /** Until the run has ended. */
  async follow(): Promise<RunSummary> {
    const { resumed, closed, logs } = this.#parts;
    if (resumed) await this.#goOn(logs);
    try {
      for (;;) {
        closed.throwIfAborted();
        const summary = await this.#look();
        if (summary !== undefined) return summary;
        await this.#change();
      }
    } catch (cause) {
      throw closed.aborted ? leftFailure(this.#followed.run) : machineryFailure(cause);
    } finally {
      this.isOver = true;
      this.#buffer.end();
    }
  }

  async #goOn(logs: RunLogs): Promise<void> {
    this.#position = await logs.last(this.#followed.run);
    const { machines } = this.#followed;
    for (const [job, state] of machines.jobs()) {
      for (const { key: step, job_attempt, attempts: attempt } of stepViews(machines.plan, state)) {
        this.#held.goesOn({ job, step, job_attempt, attempt });
      }
    }
    const { at } = this.#followed;
    for (const notice of this.#observer.resumed([], at)) this.#buffer.push(notice);
    // What it waits for was told to somebody else.
    for (const effect of machines.outstanding(at).effects) this.#asked(effect, at);
  }

  #asked(effect: Effect, at: number): void {
    this.#groups.asked(effect, at);
    for (const notice of this.#observer.asked(effect, at)) this.#buffer.push(notice);
  }

  /** Tells what is new; gives the summary once there is one. */
  async #look(): Promise<RunSummary | undefined> {
    // Before its log nobody tells the end of a step: what it wrote was shipped first.
    const steps = await this.#followed.catchUp();
    await this.#readLogs();
    for (const { change, effects } of steps) {
      for (const segment of this.#held.before(change)) this.#buffer.push(this.#observer.logged(segment));
      for (const notice of this.#observer.follow(change)) this.#buffer.push(notice);
      this.#groups.follow(change);
      for (const effect of effects) this.#asked(effect, change.event.at);
    }
    for (const { place, at } of this.#groups.waiting()) this.#buffer.push(this.#observer.groupWaiting(place, at));
    for (const segment of this.#held.ofRunning()) this.#buffer.push(this.#observer.logged(segment));
    const { machines, run, at } = this.#followed;
    // A run that runs again had ended before.
    if (!this.#parts.resumed && this.#followed.sequence <= this.#parts.after) return undefined;
    const killed = await this.#parts.killed();
    if (machines.run.state === 'created' && killed !== undefined) throw neverBegan(run);
    if (machines.run.state !== 'ended' && killed === undefined) return undefined;
    const summary = summarize({ machines, store: await this.#store(), killedAt: killed?.at, brokenBy: killed?.error });
    this.#buffer.push({ type: 'summary', at: timeText(Math.max(at, killed?.at ?? 0)), ...summary });
    return summary;
  }

  async #readLogs(): Promise<void> {
    for await (const { position, ...segment } of this.#parts.logs.read(this.#followed.run, this.#position)) {
      this.#position = position;
      this.#tails.follow(segment);
      this.#held.take(segment);
    }
  }

  /** Who came later has seen but the end of the logs. */
  async #store(): Promise<Pick<RunStore, 'run' | 'tail'>> {
    const { run } = this.#followed;
    if (this.#parts.resumed) return { run, ...(await tailsOf(this.#followed, this.#parts.logs)) };
    return { run, tail: (step, lines) => this.#tails.tail(step, lines) };
  }

  /** Waits until something may be new. */
  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => resolve(undefined);
    const { readings, closed } = this.#parts;
    closed.addEventListener('abort', wake, { once: true });
    using _watched = readings.watch(this.#followed.run, wake);
    using _waiting = this.#groups.wake(wake);
    await promise;
    closed.removeEventListener('abort', wake);
  }
}
