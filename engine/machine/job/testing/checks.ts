import type { Plan, PlannedStep } from '../../../../schemas/index.ts';
import { same, throughJson } from '../../testing/checks.ts';
import { stepKey } from '../../testing/drive.ts';
import { heldClaim } from '../attempt/claims.ts';
import { outstandingJobCommands } from '../outstanding.ts';
import { innerSteps, plannedJobOf } from '../planned.ts';
import type { JobCommand } from '../protocol.ts';
import type { JobState } from '../state.ts';
import { stepView, stepViews } from '../views/steps.ts';
import type { JobLedger } from './ledger.ts';

/** What the state says is outstanding, also after a round trip through JSON, is what was asked for and isn't answered. */
export function checkOutstanding(state: JobState, ledger: JobLedger): void {
  const derived = outstandingJobCommands(state);
  if (state.state !== 'ended') same('outstanding commands', ledger.asked, derived);
  same('outstanding commands after JSON', outstandingJobCommands(throughJson(state)), derived);
}

/** What begins has an agent, comes after the steps before it, and isn't one iteration too many. */
export function checkBegun(plan: Plan, state: JobState, commands: readonly JobCommand[]): void {
  for (const command of commands) {
    if (command.type !== 'run_step') continue;
    if (heldClaim(state) === undefined) throw new Error('a step runs without an agent');
    checkOrder(plan, state, command.task.step);
  }
  checkFlights(plan, state);
  if (state.state === 'ended' && commands.at(-1)?.type !== 'finish_job') throw new Error('a job goes on after its end');
}

/** Keys are unique, and each finds its step. */
export function checkViews(plan: Plan, state: JobState): void {
  const views = stepViews(plan, state);
  const keys = views.map(({ key }) => key);
  if (new Set(keys).size !== keys.length) throw new Error(`steps share a key: ${keys.join(' ')}`);
  for (const view of views) {
    const found = stepView(plan, state, view.key);
    if (JSON.stringify(found) !== JSON.stringify(view)) throw new Error(`step ${view.key} is not found by its key`);
    if (view.uses === '') throw new Error(`step ${view.key} is of no node`);
  }
}

function checkOrder(plan: Plan, state: JobState, key: string): void {
  const dot = key.lastIndexOf('.');
  const [prefix, own] = [key.slice(0, dot + 1), key.slice(dot + 1)];
  for (const step of listAround(plannedJobOf(plan, state).steps, own)) {
    if (step.key === own) return;
    if (stepView(plan, state, stepKey(`${prefix}${step.key}`))?.ended_at === undefined) {
      throw new Error(`${key} runs before ${prefix}${step.key} is over`);
    }
  }
}

/** The list that a step stands in; in these plans all ids differ. */
function listAround(steps: readonly PlannedStep[], key: string): readonly PlannedStep[] {
  if (steps.some((step) => step.key === key)) return steps;
  for (const { body } of steps) {
    const lists = body === undefined ? [] : body.kind === 'if' ? [body.then, body.else] : [body.steps];
    for (const list of lists) {
      const found = listAround(list, key);
      if (found.length > 0) return found;
    }
  }
  return [];
}

/** No loop has more iterations in flight than it says. */
function checkFlights(plan: Plan, state: JobState): void {
  const flights = new Map<string, Set<string>>();
  for (const command of outstandingJobCommands(state)) {
    const key =
      command.type === 'run_step' ? command.task.step : command.type === 'await_signal' ? command.awaited.step : '';
    for (const [around, loop = ''] of (key ?? '').matchAll(/(?<=^|\.)([^.[]+)\[\d+\]/g)) {
      const before = (key ?? '').slice(0, (key ?? '').indexOf(around));
      const known = flights.get(`${before}${loop}`) ?? new Set();
      flights.set(`${before}${loop}`, known.add(around));
    }
  }
  const widths = widthsOf(plannedJobOf(plan, state).steps);
  for (const [loop, indexes] of flights) {
    const most = widths.get(loop.slice(loop.lastIndexOf('.') + 1)) ?? 0;
    if (indexes.size > most) throw new Error(`${loop} has ${indexes.size} iterations in flight, and may have ${most}`);
  }
}

function widthsOf(steps: readonly PlannedStep[]): ReadonlyMap<string, number> {
  return new Map(
    steps.flatMap((step) => {
      const inner = [...widthsOf(innerSteps(step))];
      if (step.body?.kind !== 'for-each' || step.body.concurrency.kind !== 'literal') return inner;
      return [[step.key, Number(step.body.concurrency.value)] as const, ...inner];
    }),
  );
}
