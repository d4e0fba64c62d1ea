import { isDeepStrictEqual } from 'node:util';

import type { JobKey, Plan, StepResult } from '../../../schemas/index.ts';
import {
  type JobCommand,
  type JobEvent,
  type JobState,
  heldClaim,
  jobTransition,
  jobViews,
  outstandingJobCommands,
  outstandingRunCommands,
  type RunCommand,
  type RunEvent,
  type RunState,
  runTransition,
  startJob,
  startRun,
  stepChanges,
  stepViews,
} from '../index.ts';
import { cancelled, claim, facts, failure, success } from './drive.ts';

/** Where an event goes: to the run machine or to the machine of a job. */
type Delivery =
  | { readonly to: 'run'; readonly event: RunEvent }
  | { readonly to: 'job'; readonly job: JobKey; readonly event: JobEvent };

/** Something that the machines asked for and that isn't answered. */
type Asked =
  | { readonly by: 'run'; readonly command: RunCommand }
  | { readonly by: 'job'; readonly job: JobKey; readonly command: JobCommand };

/** The choices that a world takes, as small numbers; after the last one it takes 0, which is always the plain way. */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 to `options - 1`. */
  take(options: number): number {
    const number = this.#numbers[this.#next] ?? 0;
    this.#next += 1;
    return number % options;
  }
}

/**
 * A world in which a plan runs: it carries out no command but answers each in some order, late, twice, with failures, losses
 * and cancellations, as its choices say. After each event it checks what must hold always, and throws where it doesn't.
 */
export class World {
  readonly plan: Plan;
  readonly #choices: Choices;
  run: RunState;
  readonly jobs: Map<JobKey, JobState> = new Map();
  /** Every event that was delivered, in order. */
  readonly delivered: Delivery[] = [];
  /** What is outstanding by the commands alone. */
  #asked: Asked[] = [];
  /** Answers to commands that were withdrawn. */
  readonly #withdrawn: Delivery[] = [];
  /** Steps that are over, by job, attempt and key. */
  readonly #over = new Set<string>();
  #at = 0;
  /** The event that is told must change nothing. */
  #vain = false;
  cancelledAt: number | undefined = undefined;

  constructor(plan: Plan, choices: Choices) {
    this.plan = plan;
    this.#choices = choices;
    this.run = startRun(plan);
  }

  /** Runs to the end; throws if it doesn't come. */
  live(): void {
    this.#deliver({ to: 'run', event: { type: 'run_started', at: 0, facts } });
    for (let turn = 0; this.run.state !== 'ended'; turn += 1) {
      if (turn > 3000) throw new Error('it does not end');
      this.#turn();
    }
    for (let turn = 0; turn < 5; turn += 1) this.#repeat();
  }

  /** The events as a person reads them. */
  story(): string {
    return this.delivered
      .map((delivery) => {
        const { type, at, ...rest } = delivery.event;
        const to = delivery.to === 'run' ? 'run' : delivery.job;
        const details = 'start' in rest || 'facts' in rest || 'claim' in rest ? '' : ` ${JSON.stringify(rest)}`;
        return `${String(at).padStart(9)}  ${to}: ${type}${details}`;
      })
      .join('\n');
  }

  #turn(): void {
    this.#at += 1 + this.#choices.take(3) * 500;
    // Most choices go on with the run, so that long ones come to their end too.
    switch (this.#choices.take(40)) {
      case 34:
      case 35:
        return this.#answerLate();
      case 36:
      case 37:
        return this.#repeat();
      case 38:
        return this.#loseAgent();
      case 39:
        return this.#cancel();
      default:
        return this.#answer();
    }
  }

  /** Tells an event again that was told before: it must change nothing. */
  #repeat(): void {
    this.#tellInVain(this.delivered[this.#choices.take(Math.max(1, this.delivered.length))]);
  }

  /** Answers a command that was withdrawn: it must change nothing. */
  #answerLate(): void {
    this.#tellInVain(this.#withdrawn[this.#choices.take(Math.max(1, this.#withdrawn.length))]);
  }

  #tellInVain(again: Delivery | undefined): void {
    if (again === undefined) return;
    const [run, job] = [this.run, again.to === 'job' ? this.jobs.get(again.job) : undefined];
    this.#vain = true;
    this.#deliver(again);
    this.#vain = false;
    if (this.run !== run || (again.to === 'job' && this.jobs.get(again.job) !== job)) {
      throw new Error(`a repeated or late ${again.event.type} changed something`);
    }
  }

  #loseAgent(): void {
    const holders = [...this.jobs].filter(([, state]) => heldClaim(state) !== undefined);
    const [job, state] = holders[this.#choices.take(Math.max(1, holders.length))] ?? [];
    const held = state === undefined ? undefined : heldClaim(state);
    if (job === undefined || held === undefined) return this.#answer();
    this.#asked = this.#asked.filter((asked) => asked.by === 'run' || asked.job !== job || !isOnAgent(asked.command));
    this.#deliver({
      to: 'job',
      job,
      event: { type: 'agent_lost', at: this.#at, job_attempt: held.job_attempt, reason: 'bad luck' },
    });
  }

  #cancel(): void {
    this.cancelledAt ??= this.delivered.length;
    this.#deliver({ to: 'run', event: { type: 'cancel_requested', at: this.#at, reason: 'the user asked' } });
  }

  /** Answers one of the outstanding commands. */
  #answer(): void {
    const open = this.#asked.filter(({ command }) => isAnswered(command));
    const asked = open[this.#choices.take(Math.max(1, open.length))];
    if (asked === undefined) throw new Error('nothing is outstanding, and the run has not ended');
    if (asked.by === 'job' && asked.command.type === 'run_step' && this.#choices.take(3) === 2) {
      const { step, attempt, job_attempt } = asked.command.task;
      const event = { type: 'step_started', at: this.#at, step, attempt, job_attempt } as const;
      return this.#deliver({ to: 'job', job: asked.job, event });
    }
    this.#asked = this.#asked.filter((other) => other !== asked);
    if (asked.by === 'run') this.#answerRun(asked.command);
    else this.#answerJob(asked.job, asked.command);
  }

  #answerRun(command: RunCommand): void {
    if (command.type !== 'cancel_job') throw new Error(`${command.type} is not answered here`);
    this.#deliver({
      to: 'job',
      job: command.job,
      event: { type: 'cancel_requested', at: this.#at, reason: command.reason },
    });
  }

  #answerJob(job: JobKey, command: JobCommand): void {
    const at = this.#at;
    switch (command.type) {
      case 'claim_agent': {
        const { job_attempt } = command;
        if (this.#choices.take(12) === 11) {
          const error = { code: 'CONFINEMENT_UNAVAILABLE', message: 'no sandbox here', remedy: 'run doctor' } as const;
          return this.#deliver({ to: 'job', job, event: { type: 'claim_refused', at, job_attempt, error } });
        }
        return this.#deliver({ to: 'job', job, event: { type: 'agent_claimed', at, job_attempt, claim } });
      }
      case 'run_step': {
        const { step, attempt, job_attempt } = command.task;
        this.#asked = this.#asked.filter((asked) => !isCancelOf(asked, job, command));
        return this.#deliver({
          to: 'job',
          job,
          event: { type: 'step_finished', at, step, attempt, job_attempt, result: this.#result() },
        });
      }
      case 'evaluate_on_agent': {
        const result = this.#choices.take(4) === 3 ? { error: failedEvaluation } : { ok: this.#choices.take(2) === 0 };
        return this.#deliver({ to: 'job', job, event: { type: 'evaluated', at, id: command.task.id, result } });
      }
      case 'start_timer':
        this.#at = Math.max(at, command.due);
        return this.#deliver({ to: 'job', job, event: { type: 'timer_fired', at: this.#at, timer: command.timer } });
      case 'finish_job':
        return this.#deliver({ to: 'run', event: { type: 'job_finished', at, job, result: command.result } });
      case 'release_agent':
      case 'cancel_step':
      case 'cancel_timer':
        throw new Error(`${command.type} is not answered`);
    }
  }

  #result(): StepResult {
    switch (this.#choices.take(8)) {
      case 3:
        return failure();
      case 4:
        return failure('timeout');
      case 5:
        return failure('lost');
      case 6:
        return failure('none');
      case 7:
        return cancelled();
      default:
        return success({ x: this.#choices.take(3) });
    }
  }

  #deliver(delivery: Delivery): void {
    this.delivered.push(delivery);
    if (delivery.to === 'run') this.#tellRun(delivery.event);
    else this.#tellJob(delivery.job, delivery.event);
    this.#check();
  }

  #tellRun(event: RunEvent): void {
    if (event.type === 'job_finished') {
      // The end of a job answers its start, and makes a request to cancel it pointless.
      this.#asked = this.#asked.filter(
        (asked) => asked.by === 'job' || !('job' in asked.command) || asked.command.job !== event.job,
      );
    }
    const { state, commands } = runTransition(this.plan, this.#roundTrip(this.run), event);
    this.run = state;
    for (const command of commands) this.#asked.push({ by: 'run', command });
    for (const command of commands) {
      if (command.type !== 'start_job') continue;
      this.#checkNeeds(command.start.id);
      this.jobs.set(command.job, startJob(this.plan, command.start.id));
      this.#deliver({
        to: 'job',
        job: command.job,
        event: { type: 'job_started', at: this.#at, start: command.start },
      });
    }
  }

  #tellJob(job: JobKey, event: JobEvent): void {
    const kept = this.jobs.get(job);
    if (kept === undefined) throw new Error(`${job} was never started`);
    const before = this.#roundTrip(kept);
    const { state, commands } = jobTransition(this.plan, before, event);
    this.jobs.set(job, state);
    for (const { key, job_attempt, ended_at } of stepChanges(this.plan, before, state)) {
      if (ended_at === undefined) continue;
      const name = `${job} attempt ${job_attempt} step ${key}`;
      if (this.#over.has(name)) throw new Error(`${name} is over twice`);
      this.#over.add(name);
    }
    for (const command of commands) this.#take(job, command);
    if (state !== before) this.#checkSteps(job, state, commands);
  }

  /** Some events find a state that has been through JSON, as after a restart; one that must change nothing finds it as it is. */
  #roundTrip<State extends RunState | JobState>(state: State): State {
    if (this.#vain || this.delivered.length % 5 !== 0) return state;
    // States are JSON.
    return JSON.parse(JSON.stringify(state)) as State;
  }

  #take(job: JobKey, command: JobCommand): void {
    const own = (asked: Asked): asked is Extract<Asked, { by: 'job' }> => asked.by === 'job' && asked.job === job;
    switch (command.type) {
      case 'cancel_timer': {
        const timers = this.#asked.filter(
          (asked) => own(asked) && asked.command.type === 'start_timer' && asked.command.timer === command.timer,
        );
        if (timers.length !== 1) throw new Error(`${job} withdraws timer ${command.timer}, which is not outstanding`);
        this.#withdraw(timers);
        return;
      }
      case 'release_agent':
        this.#withdraw(this.#asked.filter((asked) => own(asked) && isOnAgent(asked.command)));
        return;
      default:
        this.#asked.push({ by: 'job', job, command });
    }
  }

  #withdraw(gone: readonly Asked[]): void {
    this.#asked = this.#asked.filter((asked) => !gone.includes(asked));
    for (const asked of gone) {
      if (asked.by === 'job') this.#withdrawn.push(...lateAnswers(asked.job, asked.command, this.#at));
    }
  }

  #check(): void {
    const started = (commands: readonly RunCommand[]) => commands.filter(({ type }) => type === 'start_job');
    const known = this.#asked.flatMap((asked) => (asked.by === 'run' ? [asked.command] : []));
    same('commands of the run', started(known), started(outstandingRunCommands(this.run)));
    const afterJson = outstandingRunCommands(JSON.parse(JSON.stringify(this.run)) as RunState);
    same('commands of the run after JSON', afterJson, outstandingRunCommands(this.run));
    for (const [job, state] of this.jobs) {
      const known = this.#asked.flatMap((asked) => (asked.by === 'job' && asked.job === job ? [asked.command] : []));
      // A finished job that the run has been told of has nothing outstanding any more.
      const told = state.state === 'ended' && known.length === 0;
      if (!told) same(`commands of ${job}`, known, outstandingJobCommands(state));
      same(
        'the same after JSON',
        outstandingJobCommands(JSON.parse(JSON.stringify(state)) as JobState),
        outstandingJobCommands(state),
      );
    }
  }

  #checkNeeds(id: string): void {
    const needs = this.plan.jobs.find((job) => job.id === id)?.needs ?? [];
    for (const view of jobViews(this.plan, this.run)) {
      if (needs.includes(view.id) && view.ended_at === undefined)
        throw new Error(`${id} starts before ${view.key} has ended`);
    }
  }

  #checkSteps(job: JobKey, state: JobState, commands: readonly JobCommand[]): void {
    const views = stepViews(this.plan, state);
    const begun = views.findIndex(({ ended_at }) => ended_at === undefined);
    if (begun >= 0 && views.slice(begun + 1).some(({ status }) => status !== 'pending'))
      throw new Error(`${job} runs two steps at once`);
    for (const command of commands) {
      if (command.type === 'run_step' && heldClaim(state) === undefined)
        throw new Error(`${job} runs a step without an agent`);
    }
    if (state.state === 'ended' && commands.at(-1)?.type !== 'finish_job')
      throw new Error(`${job} goes on after its end`);
  }

  /** Tells all events again, from the beginning, and compares the states. */
  checkReplay(): void {
    let run = startRun(this.plan);
    const jobs = new Map<JobKey, JobState>();
    for (const delivery of this.delivered) {
      if (delivery.to === 'run') run = runTransition(this.plan, run, delivery.event).state;
      else {
        const state =
          jobs.get(delivery.job) ??
          startJob(this.plan, delivery.event.type === 'job_started' ? delivery.event.start.id : '');
        jobs.set(delivery.job, jobTransition(this.plan, state, delivery.event).state);
      }
    }
    same('the run, replayed', run, this.run);
    same('the jobs, replayed', [...jobs], [...this.jobs]);
  }

  /** What is left outstanding once the run has ended. */
  get left(): readonly string[] {
    return this.#asked.filter(({ command }) => command.type !== 'finish_run').map(({ command }) => command.type);
  }
}

function lateAnswers(job: JobKey, command: JobCommand, at: number): readonly Delivery[] {
  switch (command.type) {
    case 'start_timer':
      return [{ to: 'job', job, event: { type: 'timer_fired', at, timer: command.timer } }];
    case 'claim_agent':
      return [{ to: 'job', job, event: { type: 'agent_claimed', at, job_attempt: command.job_attempt, claim } }];
    case 'run_step': {
      const { step, attempt, job_attempt } = command.task;
      return [{ to: 'job', job, event: { type: 'step_finished', at, step, attempt, job_attempt, result: success() } }];
    }
    case 'evaluate_on_agent':
      return [{ to: 'job', job, event: { type: 'evaluated', at, id: command.task.id, result: { ok: true } } }];
    default:
      return [];
  }
}

const failedEvaluation = { code: 'EVALUATION_FAILED', message: 'bad luck', remedy: 'try again' } as const;

/** Commands that an event answers; the others withdraw, or are answered by the event of another. */
function isAnswered(command: RunCommand | JobCommand): boolean {
  return !['start_job', 'cancel_step', 'finish_run'].includes(command.type);
}

/** Commands that go away with the agent. */
function isOnAgent(command: JobCommand): boolean {
  return ['claim_agent', 'run_step', 'cancel_step', 'evaluate_on_agent'].includes(command.type);
}

function isCancelOf(asked: Asked, job: JobKey, run: Extract<JobCommand, { type: 'run_step' }>): boolean {
  if (asked.by !== 'job' || asked.job !== job || asked.command.type !== 'cancel_step') return false;
  return asked.command.step === run.task.step && asked.command.attempt === run.task.attempt;
}

function same(what: string, one: unknown, other: unknown): void {
  const [left, right] = [one, other].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  if (isDeepStrictEqual(sorted(left), sorted(right))) return;
  throw new Error(`${what} differ:\n${JSON.stringify(left, null, 1)}\nand\n${JSON.stringify(right, null, 1)}`);
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value;
}
