import { assertNever, type JobKey, type Plan, type StepResult, type StepTask } from '../../../schemas/index.ts';
import {
  heldClaim,
  isLacking,
  type JobCommand,
  type JobEvent,
  type JobState,
  jobTransition,
  outstandingJobCommands,
  type RunCommand,
  type RunEvent,
  type RunState,
  runTransition,
  startJob,
  startRun,
  stepChanges,
} from '../index.ts';
import { checkNeeds, checkOutstanding, checkSteps, throughJson } from './checks.ts';
import { cancelled, claim, facts, failure, success } from './drive.ts';
import { type Asked, type Delivery, Ledger } from './ledger.ts';

/** More turns than any run needs; after them it is taken not to end. */
const mostTurns = 3000;

/** The choices that a world takes, as small numbers; after the last one it takes 0, which is always the plain way. */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** An index below `options`; 0 where there is none. */
  take(options: number): number {
    const number = this.#numbers[this.#next] ?? 0;
    this.#next += 1;
    return number % Math.max(1, options);
  }
}

/**
 * A world in which a plan runs: it carries out no command but answers each in some order, late, twice, with failures, losses
 * and cancellations, as its choices say. After each event it checks what must hold always, and throws where it doesn't.
 */
export class World {
  readonly plan: Plan;
  run: RunState;
  readonly jobs: Map<JobKey, JobState> = new Map();
  /** Every event that was delivered, in order. */
  readonly delivered: Delivery[] = [];
  readonly ledger: Ledger = new Ledger();
  wasCancelled = false;
  readonly #choices: Choices;
  /** Steps that are over, by job, attempt and key. */
  readonly #over = new Set<string>();
  #at = 0;
  /** The event at hand must change nothing. */
  #inVain = false;

  constructor(plan: Plan, choices: Choices) {
    this.plan = plan;
    this.run = startRun();
    this.#choices = choices;
  }

  /** Runs to the end, and hears some old events after it; throws if the end doesn't come. */
  live(): void {
    this.#deliver({ to: 'run', event: { type: 'run_started', at: 0, facts } });
    for (let turn = 0; this.run.state !== 'ended'; turn += 1) {
      if (turn > mostTurns) throw new Error('it does not end');
      this.#turn();
    }
    for (let turn = 0; turn < 5; turn += 1) this.#tellInVain(this.delivered);
  }

  /** The events as a person reads them. */
  story(): string {
    return this.delivered
      .map((delivery) => {
        const { type, at, ...rest } = delivery.event;
        const to = delivery.to === 'run' ? 'run' : delivery.job;
        const details = 'start' in rest || 'facts' in rest || 'claim' in rest ? '' : JSON.stringify(rest);
        return `${String(at).padStart(9)}  ${to}: ${type} ${details}`;
      })
      .join('\n');
  }

  #turn(): void {
    this.#at += 1 + this.#choices.take(3) * 500;
    // Most turns go on with the run, so that long ones come to their end too.
    switch (this.#choices.take(40)) {
      case 34:
      case 35:
        return this.#tellInVain(this.ledger.late);
      case 36:
      case 37:
        return this.#tellInVain(this.delivered);
      case 38:
        return this.#loseAgent();
      case 39:
        return this.#cancel();
      default:
        return this.#answer();
    }
  }

  /** Tells one of these events, which must change nothing: it was told before, or its command was withdrawn. */
  #tellInVain(events: readonly Delivery[]): void {
    const told = events[this.#choices.take(events.length)];
    if (told === undefined) return;
    const [run, job] = [this.run, told.to === 'job' ? this.jobs.get(told.job) : undefined];
    this.#inVain = true;
    this.#deliver(told);
    this.#inVain = false;
    if (this.run !== run || (told.to === 'job' && this.jobs.get(told.job) !== job)) {
      throw new Error(`a repeated or late ${told.event.type} changed something`);
    }
  }

  #loseAgent(): void {
    const holders = [...this.jobs].flatMap(([job, state]) => {
      const held = heldClaim(state);
      return held === undefined ? [] : [{ job, job_attempt: held.job_attempt }];
    });
    const holder = holders[this.#choices.take(holders.length)];
    if (holder === undefined) return this.#answer();
    const { job, job_attempt } = holder;
    this.ledger.loseAgent(job);
    this.#tell(job, { type: 'agent_lost', at: this.#at, job_attempt, reason: 'bad luck' });
  }

  #cancel(): void {
    this.wasCancelled = true;
    this.#deliver({ to: 'run', event: { type: 'cancel_requested', at: this.#at, reason: 'the user asked' } });
  }

  #answer(): void {
    const open = this.ledger.answerable;
    const asked = open[this.#choices.take(open.length)];
    if (asked === undefined) throw new Error('nothing is outstanding, and the run has not ended');
    if (this.#onlyBegins(asked)) return;
    this.ledger.settle(asked);
    if (asked.by === 'job') return this.#answerJob(asked.job, asked.command);
    if (asked.command.type !== 'cancel_job') throw new Error(`${asked.command.type} is not answered here`);
    this.#tell(asked.command.job, { type: 'cancel_requested', at: this.#at, reason: asked.command.reason });
  }

  /** A step may say that it has begun, or that it lacks a secret; then it stays outstanding, unless it fails by that. */
  #onlyBegins(asked: Asked): boolean {
    if (asked.by !== 'job' || asked.command.type !== 'run_step' || this.#choices.take(3) !== 2) return false;
    const { job } = asked;
    const { step, attempt, job_attempt } = asked.command.task;
    const name = { step, attempt, job_attempt };
    if (this.#choices.take(3) !== 2) {
      this.ledger.lacks(asked, { isLacking: false });
      this.#tell(job, { type: 'step_started', at: this.#at, ...name });
      return true;
    }
    const told: JobEvent = { type: 'secrets_awaited', at: this.#at, ...name, secrets: ['TOKEN'] };
    const after = jobTransition(this.plan, this.#stateOf(job), told).state;
    const stays = outstandingJobCommands(after).some((one) => one.type === 'run_step' && isSameStep(one.task, name));
    if (stays) this.ledger.lacks(asked, { isLacking: isLacking(after, name) });
    else this.ledger.settle(asked);
    this.#tell(job, told);
    return true;
  }

  #stateOf(job: JobKey): JobState {
    const state = this.jobs.get(job);
    if (state === undefined) throw new Error(`${job} was never started`);
    return state;
  }

  #answerJob(job: JobKey, command: JobCommand): void {
    const at = this.#at;
    switch (command.type) {
      case 'claim_agent': {
        const { job_attempt } = command;
        if (this.#choices.take(12) !== 11) return this.#tell(job, { type: 'agent_claimed', at, job_attempt, claim });
        const error = { code: 'CONFINEMENT_UNAVAILABLE', message: 'no sandbox here', remedy: 'run doctor' } as const;
        return this.#tell(job, { type: 'claim_refused', at, job_attempt, error });
      }
      case 'run_step': {
        const { step, attempt, job_attempt } = command.task;
        return this.#tell(job, { type: 'step_finished', at, step, attempt, job_attempt, result: this.#result() });
      }
      case 'evaluate_on_agent': {
        const error = { code: 'EVALUATION_FAILED', message: 'bad luck', remedy: 'try again' } as const;
        const result = this.#choices.take(4) === 3 ? { error } : { ok: this.#choices.take(2) === 0 };
        return this.#tell(job, { type: 'evaluated', at, id: command.task.id, result });
      }
      case 'start_timer':
        this.#at = Math.max(at, command.due);
        return this.#tell(job, { type: 'timer_fired', at: this.#at, timer: command.timer });
      case 'finish_job':
        return this.#deliver({ to: 'run', event: { type: 'job_finished', at, job, result: command.result } });
      case 'release_agent':
      case 'cancel_step':
      case 'cancel_timer':
      case 'await_signal':
      case 'stop_awaiting':
        throw new Error(`${command.type} has no answer`);
      default:
        return assertNever(command);
    }
  }

  #result(): StepResult {
    const bad = [failure(), failure('timeout'), failure('lost'), failure('none'), cancelled()];
    return bad[this.#choices.take(9) - 4] ?? success({ x: this.#choices.take(3) });
  }

  #tell(job: JobKey, event: JobEvent): void {
    this.#deliver({ to: 'job', job, event });
  }

  #deliver(delivery: Delivery): void {
    this.delivered.push(delivery);
    if (delivery.to === 'run') this.#tellRun(delivery.event);
    else this.#tellJob(delivery.job, delivery.event);
    checkOutstanding(this, this.ledger);
  }

  #tellRun(event: RunEvent): void {
    if (event.type === 'job_finished') this.ledger.settleJob(event.job);
    const { state, commands } = runTransition(this.plan, this.#found(this.run), event);
    this.run = state;
    for (const command of commands) this.ledger.addOfRun(command);
    for (const command of commands) this.#start(command);
  }

  #start(command: RunCommand): void {
    if (command.type !== 'start_job') return;
    const { job, start } = command;
    checkNeeds(this, start.id);
    this.jobs.set(job, startJob(this.plan, start));
    this.#tell(job, { type: 'job_started', at: this.#at, start });
  }

  #tellJob(job: JobKey, event: JobEvent): void {
    const before = this.#found(this.#stateOf(job));
    const { state, commands } = jobTransition(this.plan, before, event);
    this.jobs.set(job, state);
    for (const command of commands) this.ledger.addOfJob(job, command, this.#at);
    if (state === before) return;
    checkSteps(this.plan, state, commands);
    for (const { key, job_attempt, ended_at } of stepChanges(this.plan, before, state)) {
      const name = `${job} attempt ${job_attempt} step ${key}`;
      if (this.#over.has(name)) throw new Error(`${name} is over twice`);
      if (ended_at !== undefined) this.#over.add(name);
    }
  }

  /** Some events find a state that has been through JSON, as after a restart. */
  #found<State extends RunState | JobState>(state: State): State {
    return this.#inVain || this.delivered.length % 5 !== 0 ? state : throughJson(state);
  }
}

type StepName = Pick<StepTask, 'step' | 'attempt' | 'job_attempt'>;

function isSameStep(one: StepName, other: StepName): boolean {
  return one.step === other.step && one.attempt === other.attempt && one.job_attempt === other.job_attempt;
}
