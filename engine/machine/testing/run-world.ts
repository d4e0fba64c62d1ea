import type { JobKey, Plan } from '../../../schemas/index.ts';
import { emptyGroup, type GroupState, groupKey, groupTransition } from '../group/machine.ts';
import type { GroupCommand, GroupEvent } from '../group/protocol.ts';
import {
  jobChanges,
  jobViews,
  outstandingRunCommands,
  type Rerun,
  type RunCommand,
  type RunEvent,
  type RunState,
  type RunStep,
  runTransition,
  startRun,
} from '../index.ts';
import { rerunProblem } from '../run/rerun/problem.ts';
import { throughJson } from './checks.ts';
import { facts } from './drive.ts';
import { checkPaused, checkReused, checkStart, type RunWatch, sameChanges, sameCommands } from './run-checks.ts';
import { RunLedger } from './run-ledger.ts';
import type { Choices } from './world.ts';

/** More turns than any run needs; after them it is taken not to end. */
const mostTurns = 2000;

/**
 * A world in which the jobs of a run end as its choices say, in any order, and with them come groups that other runs want too, hosts,
 * decisions, pauses, cancellations and reruns. After each event it checks what must hold always, and throws where it doesn't.
 */
export class RunWorld implements RunWatch {
  readonly plan: Plan;
  run: RunState;
  readonly ledger: RunLedger = new RunLedger();
  readonly delivered: RunEvent[] = [];
  /** What holds each group, by its key. */
  readonly groups: Map<string, GroupState> = new Map();
  /** Jobs that were started in the attempt, with the number of the event. */
  readonly started: Map<JobKey, number> = new Map();
  paused = false;
  attempts = 1;
  readonly #choices: Choices;
  /** Events of this attempt, which change nothing when they come again. */
  #answers: RunEvent[] = [];
  readonly #toDo: RunCommand[] = [];
  #busy = false;
  #cancelled = false;
  #strangers = 0;
  #at = 0;

  constructor(plan: Plan, choices: Choices) {
    this.plan = plan;
    this.run = startRun();
    this.#choices = choices;
  }

  /** Runs to the end, and some times again. */
  live(): void {
    this.#deliver({ type: 'run_started', at: 0, facts });
    for (let turn = 0; this.run.state !== 'ended' || this.#rerun(); turn += 1) {
      if (turn > mostTurns) throw new Error('it does not end');
      this.#turn();
    }
  }

  story(): string {
    return this.delivered.map((event) => JSON.stringify(event)).join('\n');
  }

  /** Who holds a group. */
  holderOf(group: string): string | undefined {
    return this.groups.get(groupKey(group))?.holder?.member;
  }

  #turn(): void {
    if (this.run.state === 'ended') return;
    this.#at += 1 + this.#choices.take(3) * 500;
    switch (this.#choices.take(30)) {
      case 24:
      case 25:
        return this.#tellInVain();
      case 26:
        return this.#tellPause();
      case 27:
        return this.#comeStranger();
      case 28:
        return this.#leaveStrangers();
      case 29:
        return this.#choices.take(3) === 2 ? this.#cancel() : this.#answer();
      default:
        return this.#answer();
    }
  }

  /** Tells an event of this attempt again, which must change nothing. */
  #tellInVain(): void {
    const event = this.#answers[this.#choices.take(this.#answers.length)];
    if (event === undefined) return;
    const { state, commands } = runTransition(this.plan, this.run, event);
    if (state !== this.run || commands.length > 0) throw new Error(`a repeated ${event.type} changed something`);
  }

  #tellPause(): void {
    const at = this.#at;
    this.#deliver(
      this.paused ? { type: 'resume_requested', at, by: 'ann' } : { type: 'pause_requested', at, by: 'ann' },
    );
  }

  #cancel(): void {
    this.#cancelled = true;
    this.#deliver({ type: 'cancel_requested', at: this.#at, reason: 'the user asked' });
  }

  /** Another run wants a group of this one. */
  #comeStranger(): void {
    const names = [...this.groups.keys()];
    const name = names[this.#choices.take(names.length)];
    if (name === undefined) return this.#answer();
    this.#strangers += 1;
    const cancel_in_progress = this.#choices.take(2) === 1;
    this.#tellGroup(name, { type: 'requested', member: `stranger ${this.#strangers}`, cancel_in_progress });
  }

  #leaveStrangers(): void {
    for (const [name, { holder }] of this.groups) {
      if (holder?.member.startsWith('stranger') === true) {
        this.#tellGroup(name, { type: 'left', member: holder.member });
      }
    }
  }

  #answer(): void {
    const open = this.ledger.open.filter(({ type }) =>
      ['start_job', 'list_hosts', 'await_signal', 'start_timer'].includes(type),
    );
    const command = open[this.#choices.take(open.length)];
    if (command === undefined) {
      if (this.paused) return this.#tellPause();
      if ([...this.groups.values()].some(({ holder }) => holder?.member.startsWith('stranger') === true)) {
        return this.#leaveStrangers();
      }
      // Who holds one group while it waits for another may wait for ever, if a second one does it the other way round.
      if (this.ledger.open.some(({ type }) => type === 'acquire_group') && !this.#cancelled) return this.#cancel();
      throw new Error('nothing is outstanding, and the run has not ended');
    }
    this.#answerTo(command);
  }

  #answerTo(command: RunCommand): void {
    const at = this.#at;
    switch (command.type) {
      case 'start_job': {
        const status = (['success', 'success', 'failure', 'cancelled'] as const)[this.#choices.take(4)] ?? 'success';
        const error = { code: 'STEP_FAILED', message: `${command.job} failed`, remedy: 'repair it' } as const;
        const failed = status === 'success' ? {} : { error };
        const result = { status, outputs: { x: command.job }, output_bytes: 10, attempts: 1, ...failed };
        return this.#deliver({ type: 'job_finished', at, job: command.job, result });
      }
      case 'list_hosts': {
        const { job } = command;
        const hosts = ['web-10', 'web-2', 'web-1', 'db', 'web-3'].slice(0, this.#choices.take(6));
        return this.#deliver({ type: 'hosts_known', at, job, hosts });
      }
      case 'await_signal': {
        const decision = this.#choices.take(4) === 3 ? 'reject' : 'approve';
        const by = this.#choices.take(5) === 4 ? 'eve' : 'ann';
        const signal = { name: command.awaited.name, by, payload: { decision } };
        return this.#deliver({ type: 'signal_received', at, signal });
      }
      case 'start_timer':
        this.#at = Math.max(at, command.due);
        return this.#deliver({ type: 'timer_fired', at: this.#at, timer: command.timer });
      default:
        throw new Error(`${command.type} has no answer`);
    }
  }

  /** True where the run goes on in another attempt. */
  #rerun(): boolean {
    if (this.attempts > 3 || this.#choices.take(3) === 2) return false;
    const views = jobViews(this.plan, this.run);
    const view = views[this.#choices.take(views.length)];
    const what = (
      [
        { kind: 'failed' },
        { kind: 'job', job: view?.key ?? 'j0' },
        { kind: 'job', job: 'nobody' },
        { kind: 'all' },
      ] as const
    )[this.#choices.take(4)];
    const rerun: Rerun = { what: what ?? { kind: 'all' }, secrets: [] };
    const before = this.run;
    const problem = rerunProblem(this.plan, before, rerun);
    const allFine = views.every(({ status }) => status === 'success');
    if (rerun.what.kind === 'failed' && allFine && problem === undefined) {
      throw new Error('nothing failed, and it can be run again');
    }
    this.attempts += 1;
    this.paused = false;
    this.started.clear();
    this.#cancelled = false;
    this.#answers = [];
    this.#deliver({ type: 'rerun_requested', at: this.#at, by: 'ann', rerun });
    if ((this.run === before) !== (problem !== undefined)) throw new Error('it was run again although it could not be');
    return problem === undefined;
  }

  #deliver(event: RunEvent): void {
    this.delivered.push(event);
    const before = this.delivered.length % 3 === 0 ? throughJson(this.run) : this.run;
    const { state, commands, touched } = runTransition(this.plan, before, event);
    const changed = state !== before;
    if (!changed && commands.length > 0) throw new Error('a state that did not change asks for something');
    this.run = changed ? state : this.run;
    if (changed)
      this.#follow(event, { before, after: this.run, ...(touched === undefined ? {} : { touched }) }, commands);
    if (changed && event.type !== 'pause_requested' && event.type !== 'resume_requested') this.#answers.push(event);
    sameCommands(this.ledger.open, outstandingRunCommands(this.run));
    sameCommands(outstandingRunCommands(this.run), outstandingRunCommands(throughJson(this.run)));
    // In the order in which they were given, also where what one leads to gives others.
    this.#toDo.push(...commands);
    if (this.#busy) return;
    this.#busy = true;
    for (let command = this.#toDo.shift(); command !== undefined; command = this.#toDo.shift()) this.#carryOut(command);
    this.#busy = false;
  }

  #follow(event: RunEvent, step: RunStep, commands: readonly RunCommand[]): void {
    if (event.type === 'pause_requested') this.paused = true;
    if (event.type === 'resume_requested' || event.type === 'cancel_requested') this.paused = false;
    if (event.type === 'group_superseded' && event.member === '@run') this.paused = false;
    this.ledger.settle(event);
    const number = this.delivered.length;
    for (const command of commands) {
      this.ledger.add(command);
      if (command.type !== 'start_job') continue;
      checkStart(this, command, number);
      this.started.set(command.job, number);
    }
    const changes = jobChanges(this.plan, step);
    sameChanges(changes, jobChanges(this.plan, { before: step.before, after: step.after }));
    for (const { key, ended_at } of changes) {
      if (ended_at !== undefined) this.ledger.forgetHosts(key);
    }
    if (event.type === 'pause_requested') checkPaused(this.ledger);
    if (event.type === 'rerun_requested') checkReused(this, { before: step.before, rerun: event.rerun });
  }

  #carryOut(command: RunCommand): void {
    if (command.type === 'acquire_group') {
      const { group, member, cancel_in_progress } = command;
      this.#tellGroup(groupKey(group), { type: 'requested', member, cancel_in_progress });
    }
    if (command.type === 'release_group') {
      this.#tellGroup(groupKey(command.group), { type: 'left', member: command.member });
    }
  }

  #tellGroup(name: string, event: GroupEvent): void {
    const { state, commands } = groupTransition(this.groups.get(name) ?? emptyGroup, event);
    this.groups.set(name, state);
    for (const command of commands) this.#hearOfGroup(name, command);
  }

  #hearOfGroup(group: string, command: GroupCommand): void {
    const { member } = command;
    const at = this.#at;
    if (member.startsWith('stranger')) {
      if (command.type === 'supersede') this.#tellGroup(group, { type: 'left', member });
      return;
    }
    this.#deliver(
      command.type === 'grant'
        ? { type: 'group_acquired', at, group, member }
        : { type: 'group_superseded', at, group, member, by: command.by },
    );
  }
}
