import { didYouMean } from '../../dsl/did-you-mean.ts';
import { type SecretNeed, secretNeeds } from '../../dsl/index.ts';
import type { Diagnostic, Plan } from '../../schemas/index.ts';

/**
 * The secrets that a run of the plan needs and wasn't given, each with a place that reads it: errors where it can't go on without, warnings
 * where it may. Letter case doesn't count.
 */
export function missingSecrets(plan: Plan, given: Readonly<Record<string, string>>): readonly Diagnostic[] {
  const names = new Set(Object.keys(given).map((name) => name.toUpperCase()));
  const needs = secretNeeds(plan);
  const needed = new Set<string>(needs.map(({ name }) => name));
  const others = Object.keys(given).filter((name) => !needed.has(name.toUpperCase()));
  return needs.filter(({ name }) => !names.has(name)).map((need) => missing(need, others));
}

/** `others` were given, and nothing surely needs them: one may be misspelt. */
function missing({ name, at, conditional }: SecretNeed, others: readonly string[]): Diagnostic {
  const near = didYouMean(name, others);
  const hint = near === undefined ? '' : `Did you misspell it as ${near}? `;
  return {
    severity: conditional ? 'warning' : 'error',
    code: 'SECRET_MISSING',
    message: conditional
      ? `a step that may run needs the secret ${name}, which was not given: it fails if it runs`
      : `the workflow needs the secret ${name}, which was not given`,
    remedy: `${hint}Send its value in \`secrets\`, or write \${{ secrets.${name} || '' }} where it may be missing.`,
    ...at,
  };
}

/** Secrets that a run was started with and that weren't given again, each with a place that reads it, where there is one. */
export function notGivenAgain(plan: Plan, names: readonly string[]): readonly Diagnostic[] {
  const needs = new Map(secretNeeds(plan).map((need) => [need.name, need]));
  return names.map((name) => ({
    severity: 'error',
    code: 'SECRET_MISSING',
    message: `the run was started with the secret ${name}, whose value is not kept`,
    remedy: 'Send it again in `secrets`.',
    ...(needs.get(name.toUpperCase())?.at ?? { file: plan.file }),
  }));
}
