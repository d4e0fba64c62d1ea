import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  proxySinks,
  setHandler,
} from '@temporalio/workflow';
import { assertNever, type Plan, type WaterflowError } from '../../../schemas/index.ts';
import type { StepName } from '../../driving/step-name.ts';
import {
  heldClaim,
  type JobCommand,
  type JobEvent,
  type JobStart,
  type JobState,
  jobTransition,
  keptClaim,
  outstandingJobCommands,
  plainStepName,
  plannedJobOf,
  type Signal,
  signalProblem,
  startJob,
} from '../../machine/index.ts';
import type { Operation } from '../../port.ts';
import { type CarriedJob, type EngineSinks, type JobInput, jobFinished, names, type Untimed } from '../protocol.ts';
import { Claims, type PlannedInput } from './claims.ts';
import { Driver, type Machine } from './driver.ts';
import { engineActivities } from './engine-activities.ts';
import { defectIn, refused } from './failures.ts';
import { ShownStatus, shownOfJob } from './shown-status.ts';
import { goOnIn, understand } from './succession.ts';
import { Timers } from './timers.ts';

const eventSignal = defineSignal<[Untimed<JobEvent>]>(names.eventSignal);
const operateUpdate = defineUpdate<void, [SignalOperation]>(names.operateUpdate);
const terminateSignal = defineSignal(names.terminateSignal);
const brokenSignal = defineSignal<[error: WaterflowError, attempt: number]>(names.brokenSignal);
const suspectSignal = defineSignal<[boolean]>(names.suspectSignal);

const { jobs: handedOver } = proxySinks<EngineSinks>();

/** What can be asked of a job by itself. */
type SignalOperation = Extract<Operation, { readonly kind: 'signal' }>;

/** Carries a job out: its machine decides, agents do the work. It tells its run how it ended by a signal. */
export async function waterflowJob(input: JobInput): Promise<void> {
  understand(input);
  const job = await openJob(input);
  if (job === undefined) return;
  // Before whatever has come already: it follows from this.
  job.begin();
  setHandler(eventSignal, (event) => job.post(event));
  setHandler(operateUpdate, (operation) => job.take(operation.signal));
  setHandler(terminateSignal, () => job.terminate());
  setHandler(suspectSignal, (suspect) => job.suspect(suspect));
  await job.run();
  await condition(allHandlersFinished);
}

/** Undefined where a defect keeps it from that, which its run knows then. */
async function openJob(input: JobInput): Promise<Job | undefined> {
  const { begin, run, key } = input;
  try {
    if (input.plan !== undefined) return new Job({ ...input, plan: input.plan }, undefined);
    const { plan, before } = await engineActivities.jobOf(run, key, { ran: 'start' in begin && begin.ran });
    return new Job({ ...input, plan }, before);
  } catch (cause) {
    await getExternalWorkflowHandle(input.run).signal(brokenSignal, defectIn(cause), attemptOf(begin));
    return undefined;
  }
}

class Job implements Machine<JobState, JobEvent, JobCommand> {
  readonly #input: PlannedInput;
  readonly #driver: Driver<JobState, JobEvent, JobCommand>;
  readonly #timers = new Timers((timer) => this.post({ type: 'timer_fired', timer }));
  readonly #claims: Claims;
  readonly #shown = new ShownStatus();
  state: JobState;
  /** Steps that were told to have started, and are yet to be asked for. */
  readonly #begun = new Set<string>();
  #isTerminated = false;
  /** While it asks again for what an execution before this one asked for. */
  #isTakingUp = false;
  #defect: WaterflowError | undefined;
  #result: Extract<JobCommand, { readonly type: 'finish_job' }>['result'] | undefined;

  constructor(input: PlannedInput, before: CarriedJob | undefined) {
    const { begin, plan, run, key } = input;
    this.#input = input;
    const carried: CarriedJob = 'start' in begin ? (before ?? newJob(plan, begin.start)) : begin.carried;
    this.state = carried.state;
    this.#driver = new Driver(this, { run, job: key }, carried);
    const { lost_after_ms } = plannedJobOf(plan, this.state);
    this.#claims = new Claims(input, {
      runAttempt: attemptOf(begin),
      lostAfterMs: lost_after_ms,
      stepName: (step) => plainStepName(plannedJobOf(plan, this.state), step),
      answer: (event) => this.post(event),
      broke: (cause) => this.broke(cause),
    });
    for (const earlier of [heldClaim(this.state), keptClaim(this.state)]) {
      if (earlier !== undefined) this.#claims.recall(earlier.job_attempt, earlier.claim);
    }
  }

  post(event: Untimed<JobEvent>): void {
    this.#driver.post(event);
  }

  /** Takes a signal, or throws why it can't be taken. Resolves once it is in storage. */
  async take(signal: Signal): Promise<void> {
    await this.#driver.settled();
    const awaited = outstandingJobCommands(this.state).flatMap((command) =>
      command.type === 'await_signal' ? [command.awaited] : [],
    );
    const problem = signalProblem(awaited, signal);
    if (problem !== undefined) throw refused(problem);
    this.post({ type: 'signal_received', signal });
    await this.#driver.settled();
  }

  /** The agent that it has isn't heard of, or is again. */
  suspect(suspect: boolean): void {
    const held = heldClaim(this.state);
    if (held !== undefined) this.post({ type: 'agent_suspect', job_attempt: held.job_attempt, suspect });
  }

  /** Everything ends at once. */
  terminate(): void {
    this.#isTerminated = true;
  }

  begin(): void {
    const { begin } = this.#input;
    if ('start' in begin) this.post({ type: 'job_started', start: begin.start });
    else this.#takeUp();
  }

  async run(): Promise<void> {
    const { run, key, begin } = this.#input;
    while (this.#result === undefined) {
      this.#carryOut(await this.#driver.turn(() => this.#isOver || this.#mayGoOn || this.#isHeldUp));
      if (this.#defect !== undefined) await this.#tellDefect(this.#defect);
      if (this.#isTerminated) return await this.#kill();
      if (this.#isHeldUp) this.#claims.standBack();
      if (this.#mayGoOn) await this.#goOn();
    }
    this.#driver.close();
    handedOver.finish(jobFinished(run, { job: key, result: this.#result, attempt: attemptOf(begin) }));
    // What is released meanwhile holds nobody up.
    await this.#claims.settled();
  }

  async #tellDefect(defect: WaterflowError): Promise<void> {
    const { run, begin } = this.#input;
    await getExternalWorkflowHandle(run).signal(brokenSignal, defect, attemptOf(begin));
  }

  /** The run knows, and nobody waits for an answer: what is left is to free the agent. */
  async #kill(): Promise<void> {
    this.#driver.close();
    this.#shown.show('cancelled');
    this.#timers.cancelAll();
    const held = heldClaim(this.state);
    const workspace = plannedJobOf(this.#input.plan, this.state).keep_workspace === true ? 'keep' : 'remove';
    if (held !== undefined) this.#claims.release({ type: 'release_agent', job_attempt: held.job_attempt, workspace });
    this.#claims.withdrawAll();
    await this.#claims.settled();
  }

  get #isOver(): boolean {
    return this.#isTerminated || this.#result !== undefined;
  }

  /** It ends at once, and so does its run. */
  broke(cause: unknown): void {
    this.#defect ??= defectIn(cause);
    this.#isTerminated = true;
  }

  get #isIdle(): boolean {
    return this.#claims.isIdle && !this.#driver.hasEvents && !this.#isOver;
  }

  /** True once it had better go on in a new execution, and nothing would be cut off. */
  get #mayGoOn(): boolean {
    return this.#driver.isToGoOn && this.#isIdle && allHandlersFinished();
  }

  /** True where nothing but a wait for an agent keeps it from that, which may take days. */
  get #isHeldUp(): boolean {
    return this.#driver.isToGoOn && this.#claims.isWaiting && !this.#isOver;
  }

  #takeUp(): void {
    this.#isTakingUp = true;
    const commands = outstandingJobCommands(this.state);
    for (const command of commands) {
      const told = this.told(command);
      if (told === undefined || command.type !== 'run_step') continue;
      this.post(told);
      this.#begun.add(nameOf(command.task));
    }
    this.#carryOut(commands);
    this.#isTakingUp = false;
  }

  async #goOn(): Promise<void> {
    const { carried } = this.#driver;
    await goOnIn<typeof waterflowJob>({
      ...this.#input,
      begin: { carried: { ...carried, state: this.state } },
    });
  }

  apply(event: JobEvent): readonly JobCommand[] | undefined {
    const before = this.state;
    const { state, commands } = jobTransition(this.#input.plan, before, event);
    if (state === before && commands.length === 0) return undefined;
    this.state = state;
    this.#shown.show(shownOfJob(state));
    if (event.type === 'step_started') this.#begun.add(nameOf(event));
    return commands;
  }

  /** That a step starts is told with what it follows from. */
  told(command: JobCommand): Untimed<JobEvent> | undefined {
    // It is left to the next execution, which begins once what is under way has ended: a busy job would never come to an end of that.
    if (command.type !== 'run_step' || this.#driver.isToGoOn) return undefined;
    const { step, attempt, job_attempt } = command.task;
    return { type: 'step_started', step, attempt, job_attempt };
  }

  #carryOut(commands: readonly JobCommand[]): void {
    try {
      for (const command of commands) this.#carryOutOne(command);
    } catch (cause) {
      this.broke(cause);
    }
  }

  #carryOutOne(command: JobCommand): void {
    switch (command.type) {
      case 'claim_agent':
        // It is left to the next execution, as steps are.
        if (this.#driver.isToGoOn) return;
        return this.#claims.claim(command, { again: this.#isTakingUp });
      case 'release_agent':
        return this.#claims.release(command);
      case 'run_step':
        // What was not told is left to the next execution.
        if (this.#begun.delete(nameOf(command.task))) this.#claims.run(command.task);
        return;
      case 'cancel_step':
        return this.#claims.cancel(command);
      case 'evaluate_on_agent':
        return this.#claims.evaluate(command.task, heldClaim(this.state)?.job_attempt ?? 0);
      case 'start_timer':
        return this.#timers.start(command.timer, command.due);
      case 'cancel_timer':
        return this.#timers.cancel(command.timer);
      case 'await_signal':
      case 'stop_awaiting':
        // The machine knows what it waits for; whoever sends it looks there.
        return;
      case 'finish_job':
        this.#result = command.result;
        return;
      default:
        return assertNever(command);
    }
  }
}

/** An attempt of a step. */
function nameOf({ step, attempt, job_attempt }: StepName): string {
  return `${job_attempt} ${attempt} ${step}`;
}

/** The attempt of the run in which the job was started. */
function attemptOf(begin: JobInput['begin']): number {
  if ('start' in begin) return begin.start.facts.run_attempt;
  const { state } = begin.carried;
  // What goes on has been started.
  if (state.state === 'created') throw new TypeError('a job goes on that was not started');
  return state.state === 'ended' ? state.run_attempt : state.start.facts.run_attempt;
}

function newJob(plan: Plan, start: JobStart): CarriedJob {
  return { sequence: 0, at: 0, state: startJob(plan, start) };
}
