import { didYouMean } from '../../dsl/did-you-mean.ts';
import { type SecretNeed, secretNeeds } from '../../dsl/index.ts';
import type { Diagnostic, Plan } from '../../schemas/index.ts';
import type { ServerParts } from '../parts.ts';
import { reasonOf } from './failures.ts';

/**
 * The secrets that a run of the plan needs and wasn't given, each with a place that reads it: errors where it can't go on without, warnings
 * where it may. Letter case doesn't count. What `agents` have by themselves is none of them; where that isn't known, nothing is an error.
 */
export function missingSecrets(
  plan: Plan,
  given: Readonly<Record<string, string>>,
  agents: AgentSecrets,
): readonly Diagnostic[] {
  const found = agents === 'unknown' ? [] : agents;
  const names = new Set([...Object.keys(given), ...found].map((name) => name.toUpperCase()));
  const needs = secretNeeds(plan);
  const needed = new Set<string>(needs.map(({ name }) => name));
  const others = Object.keys(given).filter((name) => !needed.has(name.toUpperCase()));
  return needs
    .filter(({ name }) => !names.has(name))
    .map((need) => missing(agents === 'unknown' ? { ...need, conditional: true } : need, others));
}

/** The names of the secrets that agents have for a tenant's runs, or that nobody could be asked. */
export type AgentSecrets = readonly string[] | 'unknown';

/** Never rejects. */
export async function agentSecrets(
  { catalogue, log }: Pick<ServerParts, 'catalogue' | 'log'>,
  tenant: string,
): Promise<AgentSecrets> {
  try {
    return (await catalogue.secretsOf?.(tenant)) ?? [];
  } catch (cause) {
    log.warn('agents were not asked for the names of their secrets', { reason: reasonOf(cause) });
    return 'unknown';
  }
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
