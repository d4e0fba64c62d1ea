import { assertNever } from '../../../schemas/index.ts';
import { isUndecided, type MatchBudget, matchBudgetOf, undecidedWhy } from '../match-budget.ts';
import { refusal } from '../refusal.ts';
import { type ArgPattern, type ArgsRule, describePattern } from './args-grammar.ts';
import { isCanonicalUrl, isInteger, isPlainUrl, isRef, isText, isWorkspacePath } from './value-types.ts';

/** An argument as a guest gives it: text, or one of the exec's own files by name. */
export type GivenArg = string | { readonly file: string };

/** Whether the arguments fit, else why not. `undecided` where finding out would have taken too long. */
export type ArgsMatch =
  | { readonly matches: true }
  | { readonly matches: false; readonly why: string; readonly met?: number; readonly undecided?: true };

type ListRule = Extract<ArgsRule, { readonly kind: 'list' }>;

interface Matching {
  readonly budget: MatchBudget;
  position: 'before --' | 'after --';
  readonly isGranted: (url: string) => boolean;
}

/**
 * Whether the arguments fit, else why not. Keeps the set of items that may come next, so the time is items times arguments at
 * most, whatever the rule; patterns inside of arguments are run the same way, and all entries that are asked about the same call share a budget. Without `isGranted` a URL
 * that has to be granted is taken to be so: who knows the grant asks again with it.
 */
export function matchArgs(
  rule: ArgsRule,
  args: readonly GivenArg[],
  isGranted: (url: string) => boolean = () => true,
): ArgsMatch {
  if (rule.kind === 'any') return { matches: true };
  const { automaton } = rule;
  const matching: Matching = { budget: matchBudgetOf(args), position: 'before --', isGranted };
  let states = automaton.start();
  let index = 0;
  for (const arg of args) {
    const next = automaton.step(states, (pattern) => accepts(pattern, arg, matching), matching.budget);
    if (isUndecided(args)) return { matches: false, why: undecidedWhy, undecided: true };
    if (next.size === 0) return misfit(rule, { states, index, arg });
    if (arg === '--') matching.position = 'after --';
    states = next;
    index += 1;
  }
  if (automaton.accepts(states)) return { matches: true };
  return refusal(() => `after ${args.length} arguments it expects ${expected(rule, states)}`, partOf(index));
}

function misfit(
  rule: ListRule,
  { states, index, arg }: { readonly states: ReadonlySet<number>; readonly index: number; readonly arg: GivenArg },
): ArgsMatch {
  return refusal(() => {
    const given = typeof arg === 'string' ? `\`${arg}\`` : `the file \`${arg.file}\``;
    return `argument ${index + 1}, ${given}, is not ${expected(rule, states)}`;
  }, partOf(index));
}

/** How much of one condition so many arguments met: the more the nearer, and never all of it. */
function partOf(met: number): number {
  return met / (met + 1);
}

function accepts(pattern: ArgPattern, arg: GivenArg, matching: Matching): boolean {
  switch (pattern.kind) {
    case 'literal':
      matching.budget.steps -= pattern.texts.length >> 3;
      return typeof arg === 'string' && pattern.texts.includes(arg);
    case 'pattern': {
      if (typeof arg !== 'string' || !arg.startsWith(pattern.prefix)) return false;
      const isOption = pattern.prefix === '' && matching.position === 'before --';
      const value = arg.slice(pattern.prefix.length);
      return pattern.pattern.matches(value, isOption ? 'start of an option' : 'elsewhere', matching.budget);
    }
    case 'value':
      return acceptsValue(pattern, arg, matching);
    default:
      return assertNever(pattern);
  }
}

function acceptsValue(
  pattern: Extract<ArgPattern, { readonly kind: 'value' }>,
  arg: GivenArg,
  { budget, position, isGranted }: Matching,
): boolean {
  if (typeof arg !== 'string') return pattern.type === 'file';
  if (!arg.startsWith(pattern.prefix)) return false;
  const value = arg.slice(pattern.prefix.length);
  // Looked through as a whole, most of them by an expression that takes some nanoseconds for a character.
  if (pattern.type !== 'text') budget.steps -= value.length >> (pattern.type === 'url' ? 0 : 4);
  if (budget.steps < 0) return false;
  switch (pattern.type) {
    case 'path':
      return isWorkspacePath(value);
    case 'file':
      return false;
    case 'integer':
      return isInteger(value);
    case 'ref':
      return isRef(value);
    case 'url':
      if (!isPlainUrl(value, pattern.schemes)) return false;
      return !pattern.granted || (isCanonicalUrl(value) && isGranted(value));
    case 'text':
      return pattern.prefix !== '' || isText(value, position);
    default:
      return assertNever(pattern.type);
  }
}

/** Names what may come next, for a denial. */
function expected(rule: ListRule, states: ReadonlySet<number>): string {
  const names = rule.automaton.leaves(states).map(describePattern);
  if (rule.automaton.accepts(states)) names.push('the end');
  const unique = [...new Set(names)];
  return unique.length === 1 ? (unique[0] ?? 'the end') : `one of: ${unique.join(', ')}`;
}
