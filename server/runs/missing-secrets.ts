import type { Diagnostic, Plan } from '../../schemas/index.ts';
import { type SecretNeed, secretNeeds } from '../schedules/needed-secrets.ts';

/**
 * The secrets that a run of the plan needs and wasn't given, each with a place that reads it: errors where it can't go on without, warnings
 * where it may. Letter case doesn't count.
 */
export function missingSecrets(plan: Plan, given: Readonly<Record<string, string>>): readonly Diagnostic[] {
  const names = new Set(Object.keys(given).map((name) => name.toUpperCase()));
  return secretNeeds(plan)
    .filter(({ name }) => !names.has(name))
    .map(missing);
}

function missing({ name, at, conditional }: SecretNeed): Diagnostic {
  return {
    severity: conditional ? 'warning' : 'error',
    code: 'SECRET_MISSING',
    message: conditional
      ? `a step that may run needs the secret ${name}, which was not given: it fails if it runs`
      : `the workflow needs the secret ${name}, which was not given`,
    remedy: `Send its value in \`secrets\`, or write \${{ secrets.${name} || '' }} where it may be missing.`,
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
