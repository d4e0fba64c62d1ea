import { expressionsOf, referencesOf } from '../../dsl/expressions/index.ts';
import { allSteps } from '../../dsl/index.ts';
import type { ExpressionSource, Plan, PlannedCall, Template } from '../../schemas/index.ts';

/** From a secret's name inside of a called workflow, in lower case, to its name outside; undefined where it isn't handed on. */
type Handing = (name: string) => string | undefined;

/**
 * The names of the secrets that a run of the plan can't do without, in upper case and in their order. A secret that is only tested, or
 * has something in its place (`secrets.X || ''`), is none of them.
 */
export function neededSecrets(plan: Plan): readonly string[] {
  const names = new Set(collect(plan, plan.workflows ?? {}, (name) => name));
  return Array.from(names, (name) => name.toUpperCase()).toSorted();
}

function* collect(plan: Plan, workflows: Readonly<Record<string, Plan>>, outside: Handing): Generator<string> {
  for (const job of plan.jobs) {
    const templates = Array.from(allSteps(job), ({ step }) => [step.with, step.env]).flat();
    for (const name of templates.flatMap(readBy)) yield* named(outside(name));
    const called = job.calls === undefined ? undefined : workflows[job.calls.workflow];
    if (job.calls === undefined || called === undefined) continue;
    const inside = handedOn(job.calls, outside);
    for (const [name, { required }] of Object.entries(called.call?.secrets ?? {})) {
      if (required) yield* named(inside(name.toLowerCase()));
    }
    yield* collect(called, workflows, inside);
  }
}

function named(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name];
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
function readBy(template: Template): readonly string[] {
  return expressionsOf(template).flatMap((expression) => {
    const paths = referencesOf({ kind: 'expression', expression }).filter(([context]) => context === 'secrets');
    const names = paths.flatMap(([, name]) => (name === undefined ? [] : [name.toLowerCase()]));
    return names.filter((name) => !canBeMissing(expression, name));
  });
}

/** Each time that the expression names it, it asks whether it is there, or says what else would do. */
function canBeMissing({ source }: ExpressionSource, name: string): boolean {
  const literally = name.replaceAll(/[^\w]/g, String.raw`\$&`);
  const mention = `secrets\\s*(?:\\.\\s*${literally}\\b|\\[\\s*'${literally}'\\s*\\])`;
  const mentions = source.match(new RegExp(mention, 'gi')) ?? [];
  const tests =
    source.match(new RegExp(`!\\s*${mention}|[!=]=\\s*${mention}|${mention}\\s*(?:\\|\\||&&|[!=]=)`, 'gi')) ?? [];
  return mentions.length > 0 && mentions.length === tests.length;
}
