import { assertNever, type JsonObject, type Plan, type StepResult } from '../../../../schemas/index.ts';
import type { AwaitedSignal, Decision, JobStart, Signal } from '../../run/protocol.ts';
import { throughJson } from '../../testing/checks.ts';
import { cancelled, claim, failure, RunDrive, stepKey, success } from '../../testing/drive.ts';
import { heldClaim, keptClaim } from '../attempt/claims.ts';
import { jobTransition, startJob } from '../machine.ts';
import { isLacking, outstandingJobCommands } from '../outstanding.ts';
import { plannedJobOf } from '../planned.ts';
import type { JobCommand, JobEvent } from '../protocol.ts';
import type { JobState } from '../state.ts';
import { stepChanges, stepViews } from '../views/steps.ts';
import { checkBegun, checkOutstanding, checkViews } from './checks.ts';
import { JobLedger } from './ledger.ts';

/** More turns than any job needs; after them it is taken not to end. */
const mostTurns = 5000;

/** Draws numbers below a bound; 0 is always the plain way, and what is left when the drawn ones are used up. */
export type Take = (options: number) => number;

/**
 * A world in which one job runs, however often it is started: it answers each command in some order, late, twice, with failures and losses,
 * cancels and pauses, as it is drawn. After each event it checks what must hold always, and throws where it doesn't.
 */
export class JobWorld {
  readonly plan: Plan;
  state: JobState;
  /** Every event that was delivered, in order. */
  readonly delivered: JobEvent[] = [];
  readonly ledger: JobLedger = new JobLedger();
  wasCancelled = false;
  readonly #take: Take;
  #start: JobStart;
  #at = 0;
  /** Attempts of steps that were given to the agent, and steps that are over, by job attempt. */
  readonly #begun = new Set<string>();
  readonly #over = new Set<string>();

  constructor(plan: Plan, take: Take) {
    this.plan = plan;
    this.#take = take;
    this.#start = new RunDrive(plan, { inputs: { items: '["x", "y"]' } }).startOf('job');
    this.state = startJob(plan, this.#start);
  }

  /** Runs to the end, starts it again a few times, and hears some old events after that. */
  live(): void {
    this.#liveOnce();
    for (let again = this.#take(3); again > 0; again -= 1) {
      this.#start = { ...this.#start, ...this.#another() };
      this.#liveOnce();
    }
    for (let turn = 0; turn < 5; turn += 1) this.#tellInVain(this.delivered.filter(isAnswer));
  }

  /** The events as a person reads them. */
  story(): string {
    return this.delivered
      .map(({ type, at, ...rest }) => {
        const details = 'claim' in rest ? '' : JSON.stringify('start' in rest ? (rest.start.rerun ?? {}) : rest);
        return `${String(at).padStart(9)}  ${type} ${details}`;
      })
      .join('\n');
  }

  #liveOnce(): void {
    this.wasCancelled = false;
    this.#tell({ type: 'job_started', at: this.#at, start: this.#start });
    for (let turn = 0; this.state.state !== 'ended'; turn += 1) {
      if (turn > mostTurns) throw new Error('it does not end');
      this.#turn();
    }
    for (const begun of this.#begun) if (!this.#over.has(begun)) throw new Error(`${begun} began and never ended`);
  }

  /** How it starts the next time: whole, from a step, or for one iteration. */
  #another(): Pick<JobStart, 'facts'> & Pick<JobStart, 'rerun'> {
    const facts = { ...this.#start.facts, run_attempt: this.#start.facts.run_attempt + 1 };
    const steps = plannedJobOf(this.plan, this.state).steps;
    const step = steps[this.#take(steps.length)];
    if (step === undefined || this.#take(3) === 0) return { facts };
    const rerun = { step: stepKey(step.key) };
    return { facts, rerun: step.body?.kind === 'for-each' ? { ...rerun, iteration: this.#take(3) } : rerun };
  }

  #turn(): void {
    this.#at += 1 + this.#take(3) * 500;
    const at = this.#at;
    // Most turns go on with the job, so that long ones come to their end too.
    switch (this.#take(40)) {
      case 32:
        return this.#tell({ type: 'pause_requested', at, by: 'alice' });
      case 33:
        return this.#tell({ type: 'resume_requested', at, by: 'alice' });
      case 34:
        return this.#tell({ type: 'queue_blocked', at, job_attempt: this.#jobAttempt, reason: 'nobody is there' });
      case 35:
        return this.#tell({ type: 'agent_suspect', at, job_attempt: this.#jobAttempt, suspect: this.#take(2) === 0 });
      case 36:
        return this.#tellInVain(this.ledger.late);
      case 37:
        return this.#tellInVain(this.delivered.filter(isAnswer));
      case 38:
        return this.#loseAgent();
      case 39:
        this.wasCancelled = true;
        return this.#tell({ type: 'cancel_requested', at, reason: 'the user asked' });
      default:
        return this.#answer();
    }
  }

  get #jobAttempt(): number {
    return this.state.state === 'running' ? this.state.attempt.number : 0;
  }

  /** Tells one of these events, which must change nothing: it was told before, or its command was withdrawn. */
  #tellInVain(events: readonly JobEvent[]): void {
    const told = events[this.#take(events.length)];
    if (told === undefined) return;
    const { state } = this;
    if (jobTransition(this.plan, state, told).state !== state) {
      throw new Error(`a repeated or late ${JSON.stringify(told)} changed something`);
    }
  }

  #loseAgent(): void {
    const held = heldClaim(this.state);
    if (held === undefined) return this.#answer();
    this.ledger.loseAgent();
    this.#tell({ type: 'agent_lost', at: this.#at, job_attempt: held.job_attempt, reason: 'bad luck' });
  }

  #answer(): void {
    const open = this.ledger.answerable;
    // Mostly the world answers before a timer does.
    const answers = open.filter(({ type }) => type !== 'start_timer');
    const choice = answers.length === 0 || this.#take(8) === 7 ? open : answers;
    const asked = choice[this.#take(choice.length)];
    // A paused job may have nothing outstanding.
    if (asked === undefined) return this.#tell({ type: 'resume_requested', at: this.#at, by: 'alice' });
    if (asked.type === 'run_step' && this.#take(3) === 2) return this.#beginOrLack(asked);
    this.ledger.settle(asked);
    this.#answerCommand(asked);
  }

  /** The step begins, or can't for want of a secret. It stays outstanding, unless it fails by that. */
  #beginOrLack(asked: Extract<JobCommand, { readonly type: 'run_step' }>): void {
    const { step, attempt, job_attempt } = asked.task;
    const name = { step, attempt, job_attempt };
    if (this.#take(2) === 0) {
      this.ledger.lacks(asked, { isLacking: false });
      return this.#tell({ type: 'step_started', at: this.#at, ...name });
    }
    const event: JobEvent = { type: 'secrets_awaited', at: this.#at, ...name, secrets: ['TOKEN'] };
    const after = jobTransition(this.plan, this.state, event).state;
    const stays = outstandingJobCommands(after).some((one) => JSON.stringify(one) === JSON.stringify(asked));
    if (stays) this.ledger.lacks(asked, { isLacking: isLacking(after, name) });
    else this.ledger.settle(asked);
    this.#tell(event);
  }

  #answerCommand(command: JobCommand): void {
    const at = this.#at;
    switch (command.type) {
      case 'claim_agent': {
        const { job_attempt } = command;
        if (this.#take(12) !== 11) return this.#tell({ type: 'agent_claimed', at, job_attempt, claim });
        const error = { code: 'WORKSPACE_GONE', message: 'no workspace here', remedy: 'run it again' } as const;
        return this.#tell({ type: 'claim_refused', at, job_attempt, error });
      }
      case 'run_step': {
        const { step, attempt, job_attempt } = command.task;
        return this.#tell({ type: 'step_finished', at, step, attempt, job_attempt, result: this.#result() });
      }
      case 'evaluate_on_agent': {
        const error = { code: 'EVALUATION_FAILED', message: 'bad luck', remedy: 'try again' } as const;
        const result = this.#take(4) === 3 ? { error } : { ok: this.#take(2) === 0 };
        return this.#tell({ type: 'evaluated', at, id: command.task.id, result });
      }
      case 'start_timer':
        this.#at = Math.max(at, command.due);
        return this.#tell({ type: 'timer_fired', at: this.#at, timer: command.timer });
      case 'await_signal':
        return this.#send(command.awaited);
      case 'finish_job':
      case 'release_agent':
      case 'cancel_step':
      case 'cancel_timer':
      case 'stop_awaiting':
        throw new Error(`${command.type} has no answer`);
      default:
        return assertNever(command);
    }
  }

  #send(awaited: AwaitedSignal): void {
    const signal: Signal = { name: awaited.name, by: 'alice', payload: this.#payload(awaited) };
    const refused = { ...signal, by: 'mallory', payload: 'nonsense' };
    if (awaited.kind === 'approval') this.#tellInVain([{ type: 'signal_received', at: this.#at, signal: refused }]);
    this.#tell({ type: 'signal_received', at: this.#at, signal });
  }

  #payload(awaited: AwaitedSignal): JsonObject {
    if (awaited.kind === 'signal') return { x: this.#take(3) };
    const to = awaited.push_back_to[this.#take(awaited.push_back_to.length)];
    const decisions: readonly Decision[] = [
      { decision: 'approve' },
      { decision: 'reject', comment: 'no' },
      to === undefined ? { decision: 'approve' } : { decision: 'push-back', to, comment: 'again' },
    ];
    return { ...(decisions[this.#take(3)] ?? { decision: 'approve' }) };
  }

  #result(): StepResult {
    const bad = [failure(), failure('timeout'), failure('lost'), failure('none'), cancelled()];
    return bad[this.#take(12) - 7] ?? success({ x: this.#take(3) });
  }

  #tell(event: JobEvent): void {
    this.delivered.push(event);
    // Some events find a state that has been through JSON, as after a restart.
    const before = this.delivered.length % 5 === 0 ? throughJson(this.state) : this.state;
    const { state, commands } = jobTransition(this.plan, before, event);
    this.state = state;
    for (const command of commands) if (command.type !== 'finish_job') this.ledger.add(command, this.#at);
    this.#note(before, commands);
    if (before.state === 'running' && before.pause !== undefined) checkPaused(event, commands);
    checkOutstanding(state, this.ledger);
    checkBegun(this.plan, state, commands);
    checkViews(this.plan, state);
    if (state.state === 'ended' && this.ledger.asked.length > 0)
      throw new Error('something is outstanding after the end');
    const kept = state.state === 'ended' ? state.result.workspace_kept === true : undefined;
    if (kept !== undefined && kept !== (keptClaim(state) !== undefined)) throw new Error('a workspace is kept unseen');
  }

  #note(before: JobState, commands: readonly JobCommand[]): void {
    for (const command of commands) {
      if (command.type !== 'run_step') continue;
      const { step, attempt, job_attempt } = command.task;
      const name = `attempt ${job_attempt} of the job, ${step}`;
      if (this.#begun.has(`${name}#${attempt}`)) throw new Error(`${name} has two attempts ${attempt}`);
      this.#begun.add(name);
    }
    for (const { key, job_attempt, attempts, ended_at } of stepChanges(this.plan, before, this.state)) {
      if (ended_at === undefined) continue;
      const name = `attempt ${job_attempt} of the job, ${key}`;
      if (attempts > 0 && this.#over.has(`${name}#${attempts}`)) throw new Error(`${name} is over twice`);
      this.#over.add(name);
      this.#over.add(`${name}#${attempts}`);
    }
  }

  /** Each job status by its steps. */
  get steps(): readonly string[] {
    return stepViews(this.plan, this.state).flatMap(({ key, status }) => (key.includes('.') ? [] : [status]));
  }
}

/** What changes nothing when it comes again: answers, and starts. */
function isAnswer({ type }: JobEvent): boolean {
  return [
    'job_started',
    'agent_claimed',
    'claim_refused',
    'agent_lost',
    'step_started',
    'step_finished',
    'evaluated',
    'timer_fired',
  ].includes(type);
}

/** While a job is paused, nothing begins. */
function checkPaused(event: JobEvent, commands: readonly JobCommand[]): void {
  if (event.type === 'resume_requested' || event.type === 'cancel_requested') return;
  const begun = commands.find(({ type }) =>
    ['run_step', 'claim_agent', 'evaluate_on_agent', 'await_signal'].includes(type),
  );
  if (begun !== undefined) throw new Error(`${begun.type} while the job is paused`);
}
