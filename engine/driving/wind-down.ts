import { assertNever, WaterflowFailure } from '../../schemas/index.ts';
import { internalError, killedError } from './failures.ts';
import type { Addressed, Effect, Machines, RunEffect } from './machines.ts';
import { stepOf } from './step-name.ts';

/** What is left to answer shrinks with each round; an `always()` step adds one. No workflow comes near. */
const mostRounds = 100_000;

/**
 * Brings the machines of a run that was killed to their end, so that parts of it can run again: whatever they had asked for, and still
 * ask for while they end, is answered as cancelled. Gives the events that did so, for the journal.
 */
export function windDown(machines: Machines, at: number): readonly Addressed[] {
  const taken: Addressed[] = [];
  const takeIn = (events: readonly Addressed[]): void => {
    const queue = [...events];
    for (const event of queue) {
      const applied = machines.apply(event);
      if (applied === undefined) continue;
      taken.push(event);
      queue.push(...applied.consequences.events);
    }
  };
  takeIn([{ machine: { kind: 'run' }, event: { type: 'cancel_requested', at, reason: killedError.message } }]);
  for (let round = 0; round < mostRounds && machines.run.state !== 'ended'; round += 1) {
    const before = taken.length;
    const { events, effects } = machines.outstanding(at);
    takeIn([...events, ...effects.flatMap((effect) => answerTo(effect, at))]);
    // Nothing but time would bring it further.
    if (taken.length === before) takeIn(effects.flatMap((effect) => timerOf(effect, at)));
    if (taken.length === before) break;
  }
  if (machines.run.state !== 'ended') {
    throw new WaterflowFailure(internalError('a run that was killed does not end', machines.run.state));
  }
  return taken;
}

function answerTo(effect: Effect, at: number): readonly Addressed[] {
  switch (effect.kind) {
    case 'end_run':
      return [];
    case 'run':
      return answerToRun(effect.command, at);
    case 'job':
      return answerToJob(effect, at);
    default:
      return assertNever(effect);
  }
}

function answerToRun(command: RunEffect, at: number): readonly Addressed[] {
  const machine = { kind: 'run' } as const;
  switch (command.type) {
    case 'acquire_group': {
      const { group, member } = command;
      return [{ machine, event: { type: 'group_acquired', at, group, member } }];
    }
    case 'list_hosts':
      return [{ machine, event: { type: 'hosts_unknown', at, job: command.job, error: killedError } }];
    default:
      return [];
  }
}

function answerToJob({ job, command }: Extract<Effect, { readonly kind: 'job' }>, at: number): readonly Addressed[] {
  const machine = { kind: 'job', job } as const;
  switch (command.type) {
    case 'claim_agent':
      return [{ machine, event: { type: 'claim_refused', at, job_attempt: command.job_attempt, error: killedError } }];
    case 'run_step': {
      const nothing = { outputs: {}, host_calls: { allowed: 0, denied: 0 } };
      const result = { outcome: 'cancelled', error: killedError, ...nothing } as const;
      return [{ machine, event: { type: 'step_finished', at, ...stepOf(command.task), result } }];
    }
    case 'evaluate_on_agent':
      return [{ machine, event: { type: 'evaluated', at, id: command.task.id, result: { error: killedError } } }];
    default:
      return [];
  }
}

function timerOf(effect: Effect, at: number): readonly Addressed[] {
  if (effect.kind === 'end_run' || effect.command.type !== 'start_timer') return [];
  const event = { type: 'timer_fired', at, timer: effect.command.timer } as const;
  return effect.kind === 'run'
    ? [{ machine: { kind: 'run' }, event }]
    : [{ machine: { kind: 'job', job: effect.job }, event }];
}
