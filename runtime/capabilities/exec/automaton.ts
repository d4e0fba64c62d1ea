import { assertNever } from '../../../schemas/index.ts';
import type { MatchBudget } from '../match-budget.ts';

/** A regular expression over leaves of any sort: characters of a pattern, or whole arguments. */
export type Expression<Leaf> =
  | { readonly kind: 'leaf'; readonly leaf: Leaf }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression<Leaf>[] }
  | { readonly kind: 'choice'; readonly parts: readonly Expression<Leaf>[] }
  | {
      readonly kind: 'times';
      readonly part: Expression<Leaf>;
      readonly min: number;
      readonly max: number | 'unbounded';
    };

type State<Leaf> =
  | { readonly kind: 'take'; readonly leaf: Leaf; readonly next: number }
  | { readonly kind: 'fork'; readonly next: number[] }
  | { readonly kind: 'end' };

const none: ReadonlySet<number> = new Set();

/**
 * A nondeterministic automaton, run by keeping the set of states that it may be in (Thompson, 1968): a step takes time
 * linear in its states whatever the expression, so there is nothing that could backtrack.
 */
export class Automaton<Leaf> {
  readonly #states: readonly State<Leaf>[];
  readonly #start: number;
  /** By the state that they are reached from. A policy has hundreds of automata, and a call asks each of them. */
  readonly #closures = new Map<number, ReadonlySet<number>>();

  private constructor(states: readonly State<Leaf>[], start: number) {
    this.#states = states;
    this.#start = start;
  }

  /** Undefined where it would have more states than that; repetitions are written out, so a short text may be large. */
  static compile<Leaf>(expression: Expression<Leaf>, maxStates: number): Automaton<Leaf> | undefined {
    const states: State<Leaf>[] = [{ kind: 'end' }];
    const start = build(expression, 0, { states, maxStates });
    return start === undefined ? undefined : new Automaton(states, start);
  }

  /** The states before anything was taken. */
  start(): ReadonlySet<number> {
    return this.#closureOf(this.#start);
  }

  /** The states after one more item, which each leaf takes or doesn't; empty where none does, or where the budget is spent. */
  step(from: ReadonlySet<number>, takes: (leaf: Leaf) => boolean, budget: MatchBudget): ReadonlySet<number> {
    budget.steps -= from.size;
    let reached = none;
    let several: Set<number> | undefined;
    for (const index of from) {
      const state = this.#states[index];
      if (budget.steps < 0) return none;
      if (state?.kind !== 'take' || !takes(state.leaf)) continue;
      // A set of states holds all that can be reached from each, so there is nothing to add.
      if ((several ?? reached).has(state.next)) continue;
      const closure = this.#closureOf(state.next);
      // Mostly one leaf takes it, and then nothing has to be made.
      if (reached === none) {
        reached = closure;
        continue;
      }
      budget.steps -= closure.size;
      if (several === undefined) several = new Set([...reached, ...closure]);
      else for (const next of closure) several.add(next);
    }
    return several ?? reached;
  }

  /** Whether all may end here. */
  accepts(states: ReadonlySet<number>): boolean {
    return states.has(0);
  }

  /** What may come next. */
  leaves(states: ReadonlySet<number>): readonly Leaf[] {
    return [...states].flatMap((index) => {
      const state = this.#states[index];
      return state?.kind === 'take' ? [state.leaf] : [];
    });
  }

  #closureOf(start: number): ReadonlySet<number> {
    const known = this.#closures.get(start);
    if (known !== undefined) return known;
    const states = new Set([start]);
    // A set visits what is added while it is walked.
    for (const index of states) {
      const state = this.#states[index];
      if (state?.kind === 'fork') for (const next of state.next) states.add(next);
    }
    this.#closures.set(start, states);
    return states;
  }
}

interface Building<Leaf> {
  readonly states: State<Leaf>[];
  readonly maxStates: number;
}

/** Adds the states of an expression that goes on at `next`, from the end to the beginning; its first state, or undefined. */
function build<Leaf>(expression: Expression<Leaf>, next: number, building: Building<Leaf>): number | undefined {
  switch (expression.kind) {
    case 'leaf':
      return add({ kind: 'take', leaf: expression.leaf, next }, building);
    case 'sequence': {
      let at: number | undefined = next;
      for (const part of expression.parts.toReversed()) {
        if (at === undefined) return undefined;
        at = build(part, at, building);
      }
      return at;
    }
    case 'choice': {
      const fork: number[] = [];
      for (const part of expression.parts) {
        const start = build(part, next, building);
        if (start === undefined) return undefined;
        fork.push(start);
      }
      return add({ kind: 'fork', next: fork }, building);
    }
    case 'times':
      return buildTimes(expression, next, building);
    default:
      return assertNever(expression);
  }
}

function buildTimes<Leaf>(
  { part, min, max }: Extract<Expression<Leaf>, { readonly kind: 'times' }>,
  next: number,
  building: Building<Leaf>,
): number | undefined {
  let at: number | undefined = next;
  if (max === 'unbounded') {
    // One copy that leads back to where it is decided whether to go on.
    const ways = [next];
    const loop = add({ kind: 'fork', next: ways }, building);
    const start = loop === undefined ? undefined : build(part, loop, building);
    if (loop === undefined || start === undefined) return undefined;
    ways.push(start);
    at = loop;
  } else {
    for (let copy = min; copy < max; copy += 1) {
      const start: number | undefined = build(part, at, building);
      at = start === undefined ? undefined : add({ kind: 'fork', next: [next, start] }, building);
      if (at === undefined) return undefined;
    }
  }
  for (let copy = 0; copy < min; copy += 1) {
    if (at === undefined) return undefined;
    at = build(part, at, building);
  }
  return at;
}

function add<Leaf>(state: State<Leaf>, { states, maxStates }: Building<Leaf>): number | undefined {
  if (states.length >= maxStates) return undefined;
  states.push(state);
  return states.length - 1;
}
