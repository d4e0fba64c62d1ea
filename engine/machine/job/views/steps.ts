import {
  assertNever,
  type HostCallCounts,
  type JsonObject,
  type Plan,
  type PlannedJob,
  type PlannedStep,
  type PluginIdentity,
  type StepKey,
  type WaterflowError,
} from '../../../../schemas/index.ts';
import { countOf, itemAt } from '../../chunks.ts';
import type { SkipReason } from '../../run/protocol.ts';
import { detailsOf, endOfLoop } from '../body/loop-end.ts';
import { plannedJobOf, plannedStepAt, positionsIn } from '../planned.ts';
import { keyIn } from '../sequence/cursor.ts';
import { childrenIn, type Place, rootPlace } from '../sequence/places.ts';
import type { EndedStep, LoopEnd, TriedStep } from '../sequence/sequence.ts';
import { type JobState, noOutputs } from '../state.ts';
import { noCalls } from '../step/ending.ts';
import { plainName } from '../step/names.ts';

/** A step of a job's last attempt, as notices and summaries show it. Times are ms since the epoch. */
export interface StepView {
  /** With the steps around it: `loop[7].build`. */
  readonly key: StepKey;
  readonly name: string;
  readonly uses: string;
  /** The attempt of the job that it is of; of a step that was taken over, an earlier one. */
  readonly job_attempt: number;
  /**
   * `retrying`: it failed and waits for its next attempt. `waiting`: for a signal, or see `lacks`; of a step with a body see the steps inside. A step that is
   * over has its conclusion here.
   */
  readonly status: 'pending' | 'running' | 'waiting' | 'retrying' | 'success' | 'failure' | 'cancelled' | 'skipped';
  /** While it waits for a signal: when it gives up. Absent: never. */
  readonly waits_until?: number;
  /** The secrets whose values it waits for; none where only a pause is still in its way. */
  readonly lacks?: readonly string[];
  readonly outcome?: EndedStep['outcome'];
  readonly conclusion?: EndedStep['conclusion'];
  /** The number of its last attempt that began; 0 where it never ran. After something was pushed back the numbers count on. */
  readonly attempts: number;
  readonly started_at?: number;
  readonly ended_at?: number;
  readonly outputs: JsonObject;
  readonly host_calls: HostCallCounts;
  readonly plugin?: PluginIdentity;
  /** Of a step that retries: why its last attempt failed. */
  readonly error?: WaterflowError;
  readonly skip_reason?: SkipReason;
  /** From the failure to the next attempt, in ms, while it retries. */
  readonly retry_delay_ms?: number;
  /** It ended so before the job was started again. */
  readonly reused?: true;
  /** Of for-each@v1: how many iterations there are and how those that are over ended. Those that never began were skipped. */
  readonly iterations?: Omit<LoopEnd, 'unsuccessful'>;
}

/** Every step in file order; of those inside of other steps only what has begun, as far as it is remembered. */
export function stepViews(plan: Plan, state: JobState): readonly StepView[] {
  const job = plannedJobOf(plan, state);
  const { steps } = job;
  const root = rootPlace(job, state);
  const begun = viewsIn(root, { job, state });
  const rest = steps.slice(countOf(root.sequence.steps) + 1);
  return [...begun, ...rest.map((step) => pendingView(root, step, state))];
}

/**
 * One step; undefined where the job has none with this key, and for one inside of another step that hasn't begun or isn't remembered. Letter
 * case doesn't count.
 */
export function stepView(plan: Plan, state: JobState, key: StepKey): StepView | undefined {
  const job = plannedJobOf(plan, state);
  const parts = key.toLowerCase().split('.');
  const own = parts.pop() ?? '';
  let place = rootPlace(job, state);
  for (const part of parts) {
    const inner = childrenIn(place).find(
      ({ prefix }) => prefix.toLowerCase() === `${place.prefix}${part}.`.toLowerCase(),
    );
    if (inner === undefined) return rememberedView(place, { key, part, job, state });
    place = inner;
  }
  const position = positionsIn(place.steps).get(own);
  return position === undefined ? undefined : viewAt(place, position, { job, state });
}

/**
 * What one event changed: the steps that are over since `before`, in order, and then those that came to another point. Costs what
 * changed, however many steps and iterations there are. `before` is the state just before `after`.
 */
export function stepChanges(plan: Plan, before: JobState, after: JobState): readonly StepView[] {
  if (before === after || after.state === 'created') return [];
  const job = plannedJobOf(plan, after);
  const ended = after.news.ended.map((step) => endedView(step, { job, state: after }));
  const moved = after.news.moved.flatMap((key) => {
    // The machine made the key.
    const view = stepView(plan, after, key as StepKey);
    return view === undefined || view.ended_at !== undefined || view.status === 'pending' ? [] : [view];
  });
  return [...ended, ...moved];
}

/** What views are of. */
interface Subject {
  readonly job: PlannedJob;
  readonly state: JobState;
}

/** The steps of a sequence that are over or under way, each with those inside of it. */
function viewsIn(place: Place, subject: Subject): readonly StepView[] {
  const count = countOf(place.sequence.steps);
  const ended = place.steps.slice(0, count).flatMap((_, position) => {
    const step = itemAt(place.sequence.steps, position);
    return step === undefined ? [] : [step, ...(step.inside ?? [])].map((one) => endedView(one, subject));
  });
  const current = place.steps[count];
  if (current === undefined) return ended;
  const view = currentView(place, current, subject);
  // Inside of other steps, a step that hasn't begun isn't shown.
  if (view.status === 'pending' && place.prefix !== '') return ended;
  return [...ended, view, ...innerViews(place, subject)];
}

/** The steps inside of the one at hand: of a loop by iterations, those that are over as far as they are remembered. */
function innerViews(place: Place, subject: Subject): readonly StepView[] {
  const { current } = place.sequence;
  if (current.state !== 'inside') return [];
  const inner = childrenIn(place).map((child) => viewsIn(child, subject));
  const { body } = current;
  if (body.kind === 'if') return inner.flat();
  const over = detailsOf(body).map(({ index, step }) => ({ index, views: [endedView(step, subject)] }));
  const flying = body.flights.map(({ index }, position) => ({ index, views: inner[position] ?? [] }));
  return [...over, ...flying].sort((one, other) => one.index - other.index).flatMap(({ views }) => views);
}

function viewAt(place: Place, position: number, subject: Subject): StepView | undefined {
  const ended = itemAt(place.sequence.steps, position);
  if (ended !== undefined) return endedView(ended, subject);
  const step = place.steps[position];
  if (step === undefined) return undefined;
  if (position === countOf(place.sequence.steps)) return currentView(place, step, subject);
  return pendingView(place, step, subject.state);
}

/** A step inside of one that is over, or of an iteration that is, as far as that is remembered. */
function rememberedView(
  place: Place,
  { key, part, ...subject }: Subject & { readonly key: StepKey; readonly part: string },
): StepView | undefined {
  const position = positionsIn(place.steps).get(part.replace(/\[\d+\]$/, ''));
  if (position === undefined) return undefined;
  const found = rememberedAt(place, position).find((step) => step.key.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : endedView(found, subject);
}

function rememberedAt({ sequence }: Place, position: number): readonly EndedStep[] {
  const { current, steps } = sequence;
  if (position < countOf(steps)) return itemAt(steps, position)?.inside ?? [];
  if (current.state !== 'inside' || current.body.kind !== 'for-each') return [];
  return detailsOf(current.body).map(({ step }) => step);
}

function endedView(
  { inside: _shown, inside_bytes: _counted, carried: _kept, iterations, ...step }: EndedStep,
  { job }: Subject,
): StepView {
  const uses = plannedStepAt(job, step.key)?.uses ?? '';
  const view = { ...step, uses, status: step.conclusion };
  return iterations === undefined ? view : { ...view, iterations: countsOf(iterations) };
}

function currentView(place: Place, step: PlannedStep, { state }: Subject): StepView {
  const { current } = place.sequence;
  switch (current.state) {
    case 'deciding':
    case 'evaluating':
      return pendingView(place, step, state);
    case 'ready':
      if (current.failure === undefined) return pendingView(place, step, state);
      return { ...triedView(place, step, { current, state }), ...retrying(current.failure.error, 0) };
    case 'backing_off':
      return { ...triedView(place, step, { current, state }), ...retrying(current.failure.error, current.delay_ms) };
    case 'running': {
      const view = triedView(place, step, { current, state });
      return current.lacks === undefined ? view : { ...view, status: 'waiting', lacks: current.lacks };
    }
    case 'awaiting': {
      const until = current.deadline === undefined ? {} : { waits_until: current.deadline.due };
      return { ...triedView(place, step, { current, state }), status: 'waiting', ...until };
    }
    case 'inside': {
      const view = triedView(place, step, { current, state });
      if (current.body.kind === 'if') return view;
      return { ...view, iterations: { ...countsOf(endOfLoop(current.body)), skipped: 0 } };
    }
    case 'asking':
    case 'sleeping':
      return triedView(place, step, { current, state });
    default:
      return assertNever(current);
  }
}

function retrying(error: WaterflowError, delay: number) {
  return { status: 'retrying', error, retry_delay_ms: delay } as const;
}

function triedView(
  place: Place,
  step: PlannedStep,
  { current, state }: { readonly current: TriedStep; readonly state: JobState },
): StepView {
  const { settings, started_at, host_calls } = current;
  const attempts = hasBegun(current) ? current.number : current.number - 1;
  const shown = { name: settings.name, status: 'running', attempts, started_at, host_calls } as const;
  return { ...pendingView(place, step, state), ...shown };
}

function hasBegun(current: TriedStep): boolean {
  return current.state !== 'ready' && !(current.state === 'running' && current.lacks !== undefined);
}

function pendingView({ prefix }: Place, step: PlannedStep, state: JobState): StepView {
  return {
    key: keyIn({ prefix }, step),
    uses: step.uses,
    job_attempt: attemptNumber(state),
    name: plainName(step),
    status: 'pending',
    attempts: 0,
    outputs: noOutputs,
    host_calls: noCalls,
  };
}

function countsOf({ unsuccessful: _many, ...counts }: LoopEnd): Omit<LoopEnd, 'unsuccessful'> {
  return counts;
}

function attemptNumber(state: JobState): number {
  if (state.state === 'created') return 0;
  return state.state === 'running' ? state.attempt.number : state.attempt_number;
}
