import type { Check } from './capability.ts';

/** Steps that comparing one call with rules may take, counted down; below zero nothing matches any more, and nothing was decided. */
export interface MatchBudget {
  steps: number;
}

/**
 * Of all entries of all layers together. A step is a few comparisons, at most about a hundred nanoseconds, in which the agent does nothing
 * else: no other run's deadline, signal or watchdog. The longest arguments that anybody has need some thousand.
 */
export const maxMatchSteps = 600_000;

/** Why a call is refused whose budget is spent. */
export const undecidedWhy = 'comparing the call with all the patterns takes too long';

/** The same as what a rule says: before whatever another one did. */
export const undecided: Extract<Check, { readonly matches: false }> = {
  matches: false,
  why: undecidedWhy,
  met: Number.POSITIVE_INFINITY,
};

/** By what is asked about: a demand, or what of it is compared. */
const budgets = new WeakMap<object, MatchBudget>();

/** The budget of what is asked about. It is counted once, however many entries and layers are asked about it, and never filled up. */
export function matchBudgetOf(asked: object): MatchBudget {
  const known = budgets.get(asked);
  if (known !== undefined) return known;
  const budget = { steps: maxMatchSteps };
  budgets.set(asked, budget);
  return budget;
}

/** Whether nothing more can be decided about it: then an allow rule doesn't match, and a deny rule does. */
export function isUndecided(asked: object): boolean {
  return (budgets.get(asked)?.steps ?? 0) < 0;
}
