import { allJobs } from '../../dsl/index.ts';
import { assertNever, type Json, type Plan, WaterflowFailure } from '../../schemas/index.ts';
import type { Addressed } from '../driving/machines.ts';
import { type AwaitedSignal, type Signal, signalProblem } from '../machine/index.ts';
import type { Agenda, Appointment } from './agenda.ts';
import type { Chooser } from './choosing.ts';
import type { Matcher } from './matching.ts';
import type { Watcher } from './moments.ts';

/** Who decides where anybody may. */
const anybody = 'somebody';

interface AwaitedParts {
  readonly plan: Plan;
  readonly agenda: Agenda<Addressed>;
  readonly matcher: Matcher;
  readonly watcher: Watcher;
  readonly assume: (assumption: string) => void;
}

type Machine = Addressed['machine'];

/** The people and systems that a simulated run waits for, who answer at once, or not at all. */
export class Awaited {
  readonly #parts: AwaitedParts;
  readonly #chooser: Chooser;
  readonly #answers = new Map<string, Appointment>();
  /** Jobs whose environment asks for an approval, by their keys without cells. */
  readonly #gated: ReadonlySet<string>;

  constructor(parts: AwaitedParts, chooser: Chooser) {
    this.#parts = parts;
    this.#chooser = chooser;
    const gated = [...allJobs(parts.plan)].filter(({ job }) => job.environment?.approval !== undefined);
    this.#gated = new Set(gated.map(({ key }) => key));
  }

  /** Answers a signal that is waited for from now on. */
  begin(machine: Machine, awaited: AwaitedSignal, at: number): void {
    const { watcher, agenda } = this.#parts;
    watcher.tell({ at_ms: at, type: 'awaiting', signal: awaited });
    const signal = this.#answerTo(awaited);
    if (signal === undefined) return;
    watcher.tell({ at_ms: at, type: 'signal_received', signal });
    // The address and the event of a pair belong together.
    const event = { machine, event: { type: 'signal_received', at, signal } } as Addressed;
    this.#answers.set(keyOf(machine, awaited.name), agenda.add(at, event));
  }

  /** Nobody waits for it any more. */
  stop(machine: Machine, name: string): void {
    const answer = this.#answers.get(keyOf(machine, name));
    if (answer !== undefined) answer.withdrawn = true;
    this.#answers.delete(keyOf(machine, name));
  }

  #answerTo(awaited: AwaitedSignal): Signal | undefined {
    const taken = this.#chooser.ofAwaited(awaited, { gated: this.#gated.has(withoutMarks(awaited.job)) });
    if (taken?.result === 'timeout' || taken?.result === 'unanswered') return undefined;
    switch (awaited.kind) {
      case 'signal':
        return this.#payload(awaited);
      case 'approval': {
        const { name, approvers } = awaited;
        const payload = decisionOf(taken, awaited);
        return checked(awaited, { name, by: approvers[0] ?? anybody, payload });
      }
      default:
        return assertNever(awaited);
    }
  }

  #payload(awaited: AwaitedSignal): Signal | undefined {
    const { job, step, name } = awaited;
    const place = step === undefined ? { job } : { job, step };
    const scripted = this.#parts.matcher.valueFor('payload', place);
    const signal = { name, by: anybody, payload: scripted?.value ?? null };
    if (scripted !== undefined) return checked(awaited, signal);
    if (signalProblem(awaited, signal) === undefined) return signal;
    const entry = `${job}.${step ?? ''}.payload:={…}`;
    this.#parts.assume(`nobody sends the signal ${name}: give a payload that fits its schema, as ${entry}`);
    return undefined;
  }
}

function decisionOf(
  taken: ReturnType<Chooser['ofAwaited']>,
  awaited: Extract<AwaitedSignal, { readonly kind: 'approval' }>,
): Json {
  switch (taken?.result) {
    case 'reject':
      return { decision: 'reject', comment: 'as simulated' };
    case 'push-back': {
      // Whoever pushes back has had a word, and is content with what comes of it.
      if (taken.last) return { decision: 'approve' };
      const to = taken.to ?? awaited.push_back_to.at(-1) ?? '';
      return { decision: 'push-back', to, comment: 'as simulated' };
    }
    default:
      return { decision: 'approve' };
  }
}

/** A signal of the script that the machines would refuse is a mistake in the script. */
function checked(awaited: AwaitedSignal, signal: Signal): Signal {
  const problem = signalProblem(awaited, signal);
  if (problem === undefined) return signal;
  throw new WaterflowFailure({ ...problem, message: `the simulation sends what is refused: ${problem.message}` });
}

function withoutMarks(key: string): string {
  return key
    .split(' / ')
    .map((level) => level.split(' ')[0] ?? level)
    .join(' / ');
}

function keyOf(machine: Machine, name: string): string {
  return JSON.stringify([machine.kind === 'job' ? machine.job : '', name]);
}
