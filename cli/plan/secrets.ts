import { expressionsOf, referencesOf } from '../../dsl/expressions/index.ts';
import { allJobs, allSteps, type CalledJob } from '../../dsl/index.ts';
import type { Plan, Template } from '../../schemas/index.ts';
import type { SecretOutline } from './api.ts';

interface Use {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
}

/** The secrets that a run needs, under its own names for them, and where each goes. */
export function secretsOf(plan: Plan): readonly SecretOutline[] {
  const uses = [...allJobs(plan)].flatMap((called) => usesOf(called, plan));
  const names = [...new Set(uses.map(({ name }) => name))].sort();
  return names.map((name) => {
    const own = uses.filter((use) => use.name === name);
    return {
      name,
      used_by: [...new Set(own.map(({ place }) => place))],
      required: own.some(({ required }) => required),
    };
  });
}

function usesOf(called: CalledJob, root: Plan): readonly Use[] {
  const { job, key } = called;
  const steps = [...allSteps(job)].flatMap((nested) => {
    // Nothing else of a workflow may read a secret.
    const read = [nested.step.with, nested.step.env].flatMap(readIn);
    return read.flatMap(({ name, required }) =>
      nameInRun(called, name).map((own) => ({ name: own, place: `${key}/${nested.key}`, required })),
    );
  });
  const declared = job.calls === undefined ? {} : (root.workflows?.[job.calls.workflow]?.call?.secrets ?? {});
  const calls = Object.entries(declared).flatMap(([inside, { required }]) => {
    const outside = job.calls?.secrets === 'inherit' ? inside : job.calls?.secrets[inside];
    return outside === undefined || !required
      ? []
      : nameInRun(called, outside).map((name) => ({ name, place: key, required: true }));
  });
  return [...calls, ...steps];
}

function readIn(template: Template): readonly Pick<Use, 'name' | 'required'>[] {
  const names = referencesOf(template).flatMap(([context, name]) => (context === 'secrets' ? (name ?? []) : []));
  if (names.length === 0) return [];
  const sources = expressionsOf(template).map(({ source }) => source);
  return names.map((name) => ({ name, required: sources.some((source) => isNeeded(source, name)) }));
}

/** True where an expression reads a secret and says nothing that stands in for it. */
function isNeeded(source: string, name: string): boolean {
  const word = name.replaceAll(/[^\w-]/gu, '');
  const reads = new RegExp(`\\bsecrets\\s*(?:\\.\\s*${word}\\b|\\[\\s*'${word}'\\s*\\])\\s*(\\|\\|)?`, 'giu');
  return [...source.matchAll(reads)].some(([, otherwise]) => otherwise === undefined);
}

/** The name that the run has for what a called workflow calls otherwise; none where a caller doesn't pass it on. */
function nameInRun({ callers }: CalledJob, name: string): readonly string[] {
  return callers.reduceRight<readonly string[]>(
    (names, { job }) => {
      const secrets = job.calls?.secrets ?? 'inherit';
      if (secrets === 'inherit') return names;
      return names.flatMap((inside) =>
        Object.entries(secrets).flatMap(([own, outside]) =>
          own.toLowerCase() === inside.toLowerCase() ? [outside] : [],
        ),
      );
    },
    [name],
  );
}
