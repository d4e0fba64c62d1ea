import { assertNever } from '../../../schemas/index.ts';
import { isUndecided, type MatchBudget, matchBudgetOf } from '../match-budget.ts';
import { type ArgPattern, type ArgsItem, type ArgsRule, expressionOf } from './args-grammar.ts';
import type { GivenArg } from './args-match.ts';
import { Automaton } from './automaton.ts';

type ListRule = Extract<ArgsRule, { readonly kind: 'list' }>;

/**
 * Whether the arguments are among those that a deny rule names. It errs on the side of denying, where matchArgs() errs on the side of
 * refusing: a placeholder takes any text, a wildcard any character, both a `-` at the beginning too, and `--` makes no
 * difference. What can't be decided within the budget is denied.
 */
export function deniesArgs(rule: ArgsRule, args: readonly GivenArg[]): boolean {
  if (rule.kind === 'any') return true;
  const automaton = automatonOf(rule);
  const budget = matchBudgetOf(args);
  let states = automaton.start();
  let optionsEnded = false;
  for (const arg of args) {
    const next = automaton.step(states, (pattern) => takes(pattern, arg, budget), budget);
    if (isUndecided(args)) return true;
    // Only the first one is for the program's options.
    const passes: boolean = arg === '--' && !optionsEnded;
    if (passes) budget.steps -= states.size;
    states = passes ? new Set([...states, ...next]) : next;
    optionsEnded ||= passes;
    if (states.size === 0) return false;
  }
  return automaton.accepts(states);
}

/** A call asks all deny rules, again and again. */
const automata = new WeakMap<ListRule, Automaton<ArgPattern>>();

/** The rule's own, but that it may go without its `--`. */
function automatonOf(rule: ListRule): Automaton<ArgPattern> {
  const known = automata.get(rule);
  if (known !== undefined) return known;
  // Of few states more than the rule's own, which were counted when it was read.
  const made =
    Automaton.compile(expressionOf(rule.items.map(withOptionalEnd)), Number.POSITIVE_INFINITY) ?? rule.automaton;
  automata.set(rule, made);
  return made;
}

function withOptionalEnd(item: ArgsItem): ArgsItem {
  const { accepts } = item;
  switch (accepts.kind) {
    case 'group':
      return { ...item, accepts: { kind: 'group', items: accepts.items.map(withOptionalEnd) } };
    case 'literal':
      return accepts.texts.includes('--') ? { ...item, optional: true } : item;
    case 'pattern':
    case 'value':
      return item;
    default:
      return assertNever(accepts);
  }
}

function takes(pattern: ArgPattern, arg: GivenArg, budget: MatchBudget): boolean {
  switch (pattern.kind) {
    case 'literal':
      budget.steps -= pattern.texts.length >> 3;
      return typeof arg === 'string' && pattern.texts.includes(arg);
    case 'pattern': {
      const { prefix, pattern: value } = pattern;
      if (typeof arg !== 'string') return prefix === '' ? value.mayBeginWith('/', budget) : prefix.startsWith('/');
      return arg.startsWith(prefix) && value.matches(arg.slice(prefix.length), 'before a deny', budget);
    }
    case 'value':
      // A program gets its file as an absolute path that nobody knows before.
      return typeof arg === 'string'
        ? arg.startsWith(pattern.prefix)
        : pattern.prefix === '' || pattern.prefix.startsWith('/');
    default:
      return assertNever(pattern);
  }
}
