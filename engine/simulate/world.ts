import { evaluateTemplate } from '../../dsl/expressions/index.ts';
import {
  type AbsolutePath,
  assertNever,
  type Claim,
  type JobKey,
  type Plan,
  type PlannedJob,
  type StepTask,
} from '../../schemas/index.ts';
import type { Addressed, Effect, JobEffect, Machines, RunEffect } from '../driving/machines.ts';
import { plannedJobOf } from '../machine/index.ts';
import type { Agenda, Appointment } from './agenda.ts';
import type { SimulationRequest } from './api.ts';
import { Awaited } from './awaited.ts';
import { Chooser } from './choosing.ts';
import { SimulatedGroups } from './groups.ts';
import { hostsOf } from './hosts.ts';
import type { Matcher } from './matching.ts';
import type { Watcher } from './moments.ts';
import { cutShort, resultOf } from './plugin-results.ts';

/** What a world is made of. */
export interface WorldParts {
  readonly plan: Plan;
  readonly request: SimulationRequest;
  readonly machines: Machines;
  readonly agenda: Agenda<Addressed>;
  readonly matcher: Matcher;
  readonly watcher: Watcher;
  /** Says what was taken for granted. */
  readonly assume: (assumption: string) => void;
}

type JobCommandOf<Type extends JobEffect['type']> = Extract<JobEffect, { readonly type: Type }>;

/** How long a plugin runs that times out without a limit that is known, in ms: the manifests' default. */
const defaultTimeoutMs = 60_000;

/** Carries out what the machines ask for as the script says: agents, plugins, people, groups and clocks. It decides nothing about the run. */
export class World {
  readonly #parts: WorldParts;
  readonly #chooser: Chooser;
  readonly #awaited: Awaited;
  readonly #groups: SimulatedGroups;
  readonly #timers = new Map<string, Appointment>();
  /** The answers of plugins that run, by job and by step. */
  readonly #running = new Map<JobKey, Map<string, Appointment>>();

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.#chooser = new Chooser(parts.matcher);
    this.#awaited = new Awaited(parts, this.#chooser);
    this.#groups = new SimulatedGroups(parts);
  }

  carryOut(effect: Effect, at: number): void {
    switch (effect.kind) {
      case 'end_run':
        return;
      case 'run':
        return this.#forRun(effect.command, at);
      case 'job':
        return this.#forJob(effect.job, effect.command, at);
      default:
        assertNever(effect);
    }
  }

  #forRun(command: RunEffect, at: number): void {
    switch (command.type) {
      case 'acquire_group':
        return this.#groups.acquire(command, at);
      case 'release_group':
        return this.#groups.release(command, at);
      case 'list_hosts':
        return this.#listHosts(command, at);
      case 'await_signal':
        return this.#awaited.begin({ kind: 'run' }, command.awaited, at);
      case 'stop_awaiting':
        return this.#awaited.stop({ kind: 'run' }, command.name);
      case 'start_timer':
        return this.#startTimer({ kind: 'run' }, command);
      case 'cancel_timer':
        return this.#cancelTimer({ kind: 'run' }, command.timer);
      default:
        assertNever(command);
    }
  }

  #forJob(job: JobKey, command: JobEffect, at: number): void {
    const machine = { kind: 'job', job } as const;
    switch (command.type) {
      case 'claim_agent': {
        const { job_attempt } = command;
        this.#parts.agenda.add(at, {
          machine,
          event: { type: 'agent_claimed', at, job_attempt, claim: claimOf(command) },
        });
        return;
      }
      case 'release_agent':
        for (const answer of this.#running.get(job)?.values() ?? []) answer.withdrawn = true;
        this.#running.delete(job);
        return;
      case 'run_step':
        return this.#runStep(job, command.task, at);
      case 'cancel_step':
        return this.#cancelStep(job, command, at);
      case 'evaluate_on_agent':
        return this.#evaluate(job, command, at);
      case 'await_signal':
        return this.#awaited.begin(machine, command.awaited, at);
      case 'stop_awaiting':
        return this.#awaited.stop(machine, command.name);
      case 'start_timer':
        return this.#startTimer(machine, command);
      case 'cancel_timer':
        return this.#cancelTimer(machine, command.timer);
      default:
        assertNever(command);
    }
  }

  #runStep(job: JobKey, task: StepTask, at: number): void {
    const { agenda, matcher } = this.#parts;
    const { step, attempt, job_attempt } = task;
    const place = { job, step };
    const planned = this.#plannedJob(job);
    const { result } = this.#chooser.ofPlugin(task, planned) ?? { result: 'success' };
    const outputs = matcher.outputsFor(place);
    const takes = matcher.valueFor('takes', place)?.ms ?? 0;
    const due = at + takes;
    const machine = { kind: 'job', job } as const;
    if (result === 'lost') {
      const lost = due + planned.lost_after_ms;
      const event = { type: 'agent_lost', at: lost, job_attempt, reason: 'its agent is lost, as simulated' } as const;
      return this.#answerLater(job, task, agenda.add(lost, { machine, event }));
    }
    if (result === 'cancelled') {
      const reason = `cancelled while ${step} of ${job} runs, as simulated`;
      agenda.add(due, { machine: { kind: 'run' }, event: { type: 'cancel_requested', at: due, reason } });
    }
    const most = this.#timeoutOf(task);
    const timesOut = result === 'timeout' || takes > most;
    const end = timesOut ? at + most : due;
    const outcome = timesOut ? 'timeout' : isPluginResult(result) ? result : 'success';
    this.#answerLater(
      job,
      task,
      agenda.add(end, {
        machine,
        event: { type: 'step_finished', at: end, step, attempt, job_attempt, result: resultOf(outcome, outputs) },
      }),
    );
  }

  #timeoutOf({ timeout, uses }: StepTask): number {
    if (timeout.own) return timeout.ms;
    return Math.min(timeout.ms, this.#parts.request.timeoutOf?.(uses) ?? defaultTimeoutMs);
  }

  #answerLater(job: JobKey, { step }: StepTask, answer: Appointment): void {
    const running = this.#running.get(job) ?? new Map<string, Appointment>();
    running.set(step, answer);
    this.#running.set(job, running);
  }

  #cancelStep(job: JobKey, command: JobCommandOf<'cancel_step'>, at: number): void {
    const answer = this.#running.get(job)?.get(command.step);
    if (answer !== undefined) answer.withdrawn = true;
    const { step, attempt, job_attempt, reason } = command;
    const event = { type: 'step_finished', at, step, attempt, job_attempt, result: cutShort(reason) } as const;
    this.#parts.agenda.add(at, { machine: { kind: 'job', job }, event });
  }

  #evaluate(job: JobKey, { task }: JobCommandOf<'evaluate_on_agent'>, at: number): void {
    this.#parts.assume('hashFiles finds files: it gives a hash of zeros');
    const { id, template, context: contexts, status } = task;
    const result = evaluateTemplate(template, {
      contexts,
      ...(status === undefined ? {} : { status }),
      hashFiles: () => '0'.repeat(64),
    });
    this.#parts.agenda.add(at, { machine: { kind: 'job', job }, event: { type: 'evaluated', at, id, result } });
  }

  #listHosts({ job, queue }: Extract<RunEffect, { readonly type: 'list_hosts' }>, at: number): void {
    const { plan, request, agenda, watcher } = this.#parts;
    const { hosts, assumed } = hostsOf({ plan, script: request.script }, { job, queue });
    if (assumed !== undefined) this.#parts.assume(assumed);
    watcher.tell({ at_ms: at, type: 'hosts_known', job, queue, hosts });
    agenda.add(at, { machine: { kind: 'run' }, event: { type: 'hosts_known', at, job, hosts } });
  }

  #startTimer(machine: Addressed['machine'], { timer, due }: { readonly timer: string; readonly due: number }): void {
    // The address and the event of a pair belong together.
    const fired = { machine, event: { type: 'timer_fired', at: due, timer } } as Addressed;
    this.#timers.set(timerKey(machine, timer), this.#parts.agenda.add(due, fired));
  }

  #cancelTimer(machine: Addressed['machine'], timer: string): void {
    const key = timerKey(machine, timer);
    const appointment = this.#timers.get(key);
    if (appointment !== undefined) appointment.withdrawn = true;
    this.#timers.delete(key);
  }

  #plannedJob(key: JobKey): PlannedJob {
    const state = this.#parts.machines.job(key);
    if (state === undefined) throw new TypeError(`${key} asks for something, and has not begun`);
    return plannedJobOf(this.#parts.plan, state);
  }
}

function isPluginResult(result: string): result is 'success' | 'failure' | 'timeout' | 'limit' | 'denied' {
  return ['success', 'failure', 'timeout', 'limit', 'denied'].includes(result);
}

function timerKey(machine: Addressed['machine'], timer: string): string {
  return machine.kind === 'run' ? timer : JSON.stringify([machine.job, timer]);
}

function claimOf({ queue, host, keep }: JobCommandOf<'claim_agent'>): Claim {
  if (keep !== undefined) return keep;
  const name = host ?? `${queue}-1`;
  // An absolute path, as each agent has one.
  const workspace = '/workspace' as AbsolutePath;
  return {
    agent: name,
    workspace,
    runner: { os: 'Linux', arch: 'X64', name, labels: [queue], temp: '/workspace/.temp', workspace },
  };
}
