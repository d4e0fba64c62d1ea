import { allHandlersFinished, condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { assertNever, type JobKey, type WaterflowError } from '../../../schemas/index.ts';
import { runIsOver } from '../../driving/failures.ts';
import { askerOf } from '../../driving/operations.ts';
import {
  type JobEvent,
  outstandingRunCommands,
  type RunCommand,
  type RunEvent,
  type RunState,
  runTransition,
  startRun,
} from '../../machine/index.ts';
import type { Operation } from '../../port.ts';
import { type Carried, names, type RunInput, type Untimed } from '../protocol.ts';
import { Driver, type Machine } from './driver.ts';
import { engineActivities } from './engine-activities.ts';
import { defectIn, refused } from './failures.ts';
import { eventOf, problemOf } from './operations.ts';
import { RunJobs } from './run-jobs.ts';
import { ShownStatus, shownOfRun } from './shown-status.ts';
import { goOnIn, understand } from './succession.ts';
import { Timers } from './timers.ts';

const eventSignal = defineSignal<[event: Untimed<RunEvent>, attempt?: number]>(names.eventSignal);
const brokenSignal = defineSignal<[error: WaterflowError, attempt?: number]>(names.brokenSignal);
const operateUpdate = defineUpdate<void, [Operation]>(names.operateUpdate);

/** Carries a run out: its machine decides, and each job is a workflow of its own. */
export async function waterflowRun(input: RunInput): Promise<void> {
  understand(input);
  const run = new Run(input);
  // Before whatever has come already: it follows from this.
  run.begin();
  setHandler(eventSignal, (event, attempt) => {
    if (run.isOf(attempt)) run.post(event);
  });
  setHandler(brokenSignal, (error, attempt) => {
    if (run.isOf(attempt)) run.breaks(error);
  });
  setHandler(operateUpdate, (operation) => run.operate(operation));
  await run.run();
  await condition(allHandlersFinished);
}

/** One that runs again is in its next attempt from the first moment on. */
function attemptOf(begin: RunInput['begin']): number {
  if ('facts' in begin) return begin.facts.run_attempt;
  const { carried, rerun } = begin;
  const before = carried.state.state === 'created' ? 1 : carried.state.workflow.facts.run_attempt;
  return rerun === undefined ? before : before + 1;
}

type Command<Type extends RunCommand['type']> = Extract<RunCommand, { readonly type: Type }>;

interface KilledBy {
  readonly reason: string;
  readonly error?: WaterflowError;
}

class Run implements Machine<RunState, RunEvent, RunCommand> {
  readonly #input: RunInput;
  readonly #driver: Driver<RunState, RunEvent, RunCommand>;
  readonly #timers = new Timers((timer) => this.post({ type: 'timer_fired', timer }));
  readonly #jobs: RunJobs;
  /** The attempt of the run that this execution is of. */
  readonly #attempt: number;
  state: RunState;
  #told: Promise<unknown> = Promise.resolve();
  readonly #shown = new ShownStatus();
  #inFlight = 0;
  #isOver = false;
  /** Why it ends at once, and the defect that it is, if any. */
  #killed: KilledBy | undefined;
  #isKillKept = false;

  constructor(input: RunInput) {
    const { begin, run } = input;
    this.#input = input;
    const carried: Carried = 'carried' in begin ? begin.carried : { sequence: 0, at: 0 };
    this.state = 'carried' in begin ? begin.carried.state : startRun();
    this.#jobs = new RunJobs(input);
    this.#attempt = attemptOf(begin);
    this.#driver = new Driver(this, { run }, carried);
  }

  post(event: Untimed<RunEvent>): void {
    this.#driver.post(event);
  }

  /** Whether what somebody tells is for this attempt of the run; undefined: for whichever there is. */
  isOf(attempt: number | undefined): boolean {
    return attempt === undefined || attempt === this.#attempt;
  }

  /** Takes an operation, or throws what keeps the run from it. Resolves once it is in storage: whoever asked for it sees it then. */
  async operate(operation: Operation): Promise<void> {
    // What has come already counts: it may have ended the run, or have asked for the signal.
    await this.#driver.settled();
    const problem =
      this.#killed === undefined ? problemOf(operation, this.#input.run, this.state) : runIsOver(this.#input.run).error;
    if (problem !== undefined) throw refused(problem);
    if (operation.kind === 'terminate') {
      this.#killed = { reason: `terminated by ${askerOf(operation)}` };
      return await condition(() => this.#isKillKept);
    }
    this.post(eventOf(operation));
    await this.#driver.settled();
  }

  /** It ends at once, by a defect. */
  breaks(error: WaterflowError): void {
    this.#killed ??= { reason: error.message, error };
  }

  broke(cause: unknown): void {
    this.breaks(defectIn(cause));
  }

  /** Ends everything at once. */
  async #kill({ reason, error }: KilledBy): Promise<void> {
    // As it was: a cancellation ends what waits for its place, and nobody carries out what that comes to.
    const outstanding = outstandingRunCommands(this.state);
    this.post({ type: 'cancel_requested', reason });
    await this.#driver.turn();
    this.#driver.close();
    const { at } = this.#driver.carried;
    await engineActivities.killed(this.#input.run, { at, reason, ...(error === undefined ? {} : { error }) });
    this.#isKillKept = true;
    this.#shown.show(error === undefined ? 'cancelled' : 'failure');
    const jobs = outstanding.flatMap((command) => (command.type === 'start_job' ? [command.job] : []));
    // The places that it has or waits for in groups.
    for (const command of outstanding) if (command.type === 'acquire_group') this.#tellGroup(command, 'leaves');
    await Promise.all(jobs.map((job) => this.#jobs.signal(job, names.terminateSignal)));
    await condition(() => this.#inFlight === 0);
  }

  begin(): void {
    const { begin } = this.#input;
    if ('facts' in begin) this.post({ type: 'run_started', facts: begin.facts });
    else if (begin.rerun !== undefined) this.post(begin.rerun);
    else this.#carryOut(outstandingRunCommands(this.state));
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      this.#carryOut(await this.#driver.turn(() => this.#killed !== undefined || this.#isOver || this.#mayGoOn));
      if (this.#isOver) break;
      if (this.#killed !== undefined) return await this.#kill(this.#killed);
      if (this.#mayGoOn) await this.#goOn();
    }
    this.#driver.close();
    // Its groups are told that it leaves them: whoever waits there would wait for ever.
    await condition(() => this.#inFlight === 0);
  }

  get #isIdle(): boolean {
    return this.#inFlight === 0 && !this.#driver.hasEvents && !this.#isOver && this.#killed === undefined;
  }

  get #mayGoOn(): boolean {
    return this.#driver.isToGoOn && this.#isIdle && allHandlersFinished();
  }

  async #goOn(): Promise<void> {
    const { carried } = this.#driver;
    await goOnIn<typeof waterflowRun>({
      ...this.#input,
      begin: { carried: { ...carried, state: this.state, started: this.#jobs.carried } },
    });
  }

  apply(event: RunEvent): readonly RunCommand[] | undefined {
    const before = this.state;
    const { state, commands } = runTransition(this.#input.plan, before, event);
    if (state === before && commands.length === 0) return undefined;
    this.state = state;
    this.#shown.show(shownOfRun(state));
    return commands;
  }

  told(): undefined {
    return undefined;
  }

  #carryOut(commands: readonly RunCommand[]): void {
    try {
      for (const command of commands) this.#carryOutOne(command);
      this.#jobs.handOver();
    } catch (cause) {
      this.broke(cause);
    }
  }

  #carryOutOne(command: RunCommand): void {
    switch (command.type) {
      case 'start_job':
        return this.#startJob(command);
      case 'cancel_job':
        return this.#tellJob(command.job, { type: 'cancel_requested', reason: command.reason });
      case 'pause_job':
        return this.#tellJob(command.job, { type: 'pause_requested', by: command.by });
      case 'resume_job':
        return this.#tellJob(command.job, { type: 'resume_requested', by: command.by });
      case 'acquire_group':
        return this.#tellGroup(command, { cancel_in_progress: command.cancel_in_progress });
      case 'release_group':
        return this.#tellGroup(command, 'leaves');
      case 'list_hosts':
        return this.#listHosts(command);
      case 'start_timer':
        return this.#timers.start(command.timer, command.due);
      case 'cancel_timer':
        return this.#timers.cancel(command.timer);
      case 'await_signal':
      case 'stop_awaiting':
        // The machine knows what it waits for; whoever sends it looks there.
        return;
      case 'finish_run':
        this.#isOver = true;
        return;
      default:
        return assertNever(command);
    }
  }

  #startJob(command: Command<'start_job'>): void {
    const starting = this.#jobs.start(command);
    if (starting !== undefined) this.#follow(() => starting);
  }

  #tellJob(job: JobKey, event: Untimed<JobEvent>): void {
    this.#follow(() => this.#jobs.signal(job, names.eventSignal, event));
  }

  #tellGroup(
    { group, member }: { readonly group: string; readonly member: string },
    asks: { readonly cancel_in_progress: boolean } | 'leaves',
  ): void {
    const { run } = this.#input;
    const tenant = this.#tenant;
    // One after the other: who asks first comes first.
    const told = this.#told.then(() => engineActivities.tellGroup({ tenant, group, run, member, asks }));
    this.#told = told.catch(() => {});
    this.#follow(() => told);
  }

  #listHosts({ job, queue }: Command<'list_hosts'>): void {
    this.#follow(async () => this.post({ type: 'hosts_known', job, hosts: await engineActivities.hosts(queue) }));
  }

  get #tenant(): string {
    return this.state.state === 'created' ? '' : this.state.workflow.facts.tenant;
  }

  #follow(work: () => Promise<void>): void {
    this.#inFlight += 1;
    void work()
      .catch((cause: unknown) => this.broke(cause))
      .finally(() => {
        this.#inFlight -= 1;
      });
  }
}
