import type {
  ExpressionSource,
  Plan,
  PlannedCall,
  PlannedCondition,
  PlannedJob,
  Position,
  Template,
} from '../schemas/index.ts';
import { expressionsOf, referencesOf } from './expressions/index.ts';
import { positionAt } from './expressions/positions.ts';
import { allSteps, type NestedStep } from './steps.ts';

/** From a secret's name inside of a called workflow, in lower case, to its name outside; undefined where it isn't handed on. */
type Handing = (name: string) => string | undefined;

/** Where a plan reads a secret that it has nothing in the place of. */
export interface SecretNeed {
  /** In upper case. */
  readonly name: string;
  readonly at: Position;
  /** A run may do without it: what reads it has a condition, stands inside of another step, or may fail. */
  readonly conditional: boolean;
}

/**
 * The secrets that a run of the plan can't do without, in the order of their names, each once: where it is certain to be read, if there is
 * such a place. A secret that is only tested, or has something in its place (`secrets.X || ''`), is none of them.
 */
export function secretNeeds(plan: Plan): readonly SecretNeed[] {
  let needs = known.get(plan);
  if (needs === undefined) known.set(plan, (needs = findNeeds(plan)));
  return needs;
}

/** A plan never changes, and is asked for with each run of it. */
const known = new WeakMap<Plan, readonly SecretNeed[]>();

function findNeeds(plan: Plan): readonly SecretNeed[] {
  const needs = new Map<string, SecretNeed>();
  const handing = { outside: (name: string) => name, conditional: false };
  for (const need of collect(plan, plan.workflows ?? {}, handing)) {
    const before = needs.get(need.name);
    if (before === undefined || (before.conditional && !need.conditional)) needs.set(need.name, need);
  }
  return Array.from(needs.values()).toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Their names. */
export function neededSecrets(plan: Plan): readonly string[] {
  return secretNeeds(plan).map(({ name }) => name);
}

/** How a called workflow has its secrets, and whether it may not be called at all. */
interface Handed {
  readonly outside: Handing;
  readonly conditional: boolean;
}

function* collect(plan: Plan, workflows: Readonly<Record<string, Plan>>, handed: Handed): Generator<SecretNeed> {
  const { outside } = handed;
  for (const job of plan.jobs) {
    const ofJob = handed.conditional || isConditional(job.if);
    for (const nested of allSteps(job)) {
      const conditional = ofJob || mayBeLeftOut(nested);
      for (const { name, at } of [nested.step.with, nested.step.env].flatMap(readBy)) {
        yield* needOf(outside(name), { at, conditional });
      }
    }
    const called = job.calls === undefined ? undefined : workflows[job.calls.workflow];
    if (job.calls === undefined || called === undefined) continue;
    yield* ofCall(job.calls, called, { workflows, handed: { outside, conditional: ofJob } });
  }
}

function* ofCall(
  call: PlannedCall,
  called: Plan,
  { workflows, handed }: { readonly workflows: Readonly<Record<string, Plan>>; readonly handed: Handed },
): Generator<SecretNeed> {
  const { conditional } = handed;
  const inside = handedOn(call, handed.outside);
  for (const [name, { required }] of Object.entries(called.call?.secrets ?? {})) {
    if (required) yield* needOf(inside(name.toLowerCase()), { at: call.at, conditional });
  }
  yield* collect(called, workflows, { outside: inside, conditional });
}

function needOf(name: string | undefined, rest: Omit<SecretNeed, 'name'>): readonly SecretNeed[] {
  return name === undefined ? [] : [{ name: name.toUpperCase(), ...rest }];
}

/** Of the conditions those that hold in a run in which nothing fails. */
const holdsAnyway = new Set(['always()', 'success()', '!cancelled()', 'true']);

function isConditional(condition: PlannedCondition | PlannedJob['if']): boolean {
  return condition !== undefined && !holdsAnyway.has(condition.expression.source.replaceAll(/\s/g, '').toLowerCase());
}

function mayBeLeftOut({ step, parents }: NestedStep): boolean {
  const { kind } = step.continue_on_error;
  const mayFail = kind !== 'literal' || step.continue_on_error.value === true;
  return parents.length > 0 || mayFail || isConditional(step.if);
}

function handedOn({ secrets }: PlannedCall, outside: Handing): Handing {
  if (secrets === 'inherit') return outside;
  const names = new Map(Object.entries(secrets).map(([inside, outer]) => [inside.toLowerCase(), outer.toLowerCase()]));
  return (name) => {
    const outer = names.get(name);
    return outer === undefined ? undefined : outside(outer);
  };
}

/** In lower case: names of secrets ignore it. */
function readBy(template: Template): readonly { readonly name: string; readonly at: Position }[] {
  return expressionsOf(template).flatMap((expression) => {
    const paths = referencesOf({ kind: 'expression', expression }).filter(([context]) => context === 'secrets');
    const names = paths.flatMap(([, name]) => (name === undefined ? [] : [name.toLowerCase()]));
    return names
      .filter((name) => !canBeMissing(expression, name))
      .map((name) => ({ name, at: placeOf(expression, name) }));
  });
}

/** Each time that the expression names it, it asks whether it is there, or says what else would do. */
function canBeMissing({ source }: ExpressionSource, name: string): boolean {
  const mention = mentionOf(name);
  const mentions = source.match(new RegExp(mention, 'gi')) ?? [];
  const tests =
    source.match(new RegExp(`!\\s*${mention}|[!=]=\\s*${mention}|${mention}\\s*(?:\\|\\||&&|[!=]=)`, 'gi')) ?? [];
  return mentions.length > 0 && mentions.length === tests.length;
}

function placeOf(expression: ExpressionSource, name: string): Position {
  return positionAt(expression, Math.max(0, expression.source.search(new RegExp(mentionOf(name), 'i'))));
}

function mentionOf(name: string): string {
  const literally = name.replaceAll(/[^\w]/g, String.raw`\$&`);
  return `secrets\\s*(?:\\.\\s*${literally}\\b|\\[\\s*'${literally}'\\s*\\])`;
}
