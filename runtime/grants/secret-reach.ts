import { CallFailure, type SecretVault } from '../capabilities/capability.ts';
import type { SecretsRule } from '../capabilities/secrets.ts';
import type { Authorized, Grant, GrantedRule, RuleReference } from './api.ts';

/**
 * Which rule keeps a secret's value from a capability, if one does: where a layer's `secrets` entries say of it where it may go
 * (`to`), and none of them says that capability; or where the policy forbids it. What another entry of the same layer lets any secret do
 * (`secrets: ["*"]`) doesn't change that.
 */
export function secretKeptFrom(grant: Grant, capability: string, name: string): RuleReference | undefined {
  const granted = grant.capabilities.get('secrets');
  if (granted === undefined) return undefined;
  const denied = granted.deny.find((rule) => isAbout(rule, name) && goesTo(rule, capability));
  if (denied !== undefined) return denied.from;
  for (const { rules } of granted.layers) {
    const limiting = rules.filter((rule) => isAbout(rule, name) && secretsRule(rule).to !== undefined);
    if (limiting.length > 0 && !limiting.some((rule) => goesTo(rule, capability))) return limiting[0]?.from;
  }
  return undefined;
}

/** The vault as one call may use it: a value that a rule keeps from its capability is refused, not left out in silence. */
export function vaultOf(authorized: Pick<Authorized, 'capability' | 'secretKeptBy'>, vault: SecretVault): SecretVault {
  return {
    ...vault,
    reveal(text, allowed) {
      for (const name of vault.mentioned(text)) {
        const kept = allowed.includes(name) ? authorized.secretKeptBy(name) : undefined;
        if (kept !== undefined) throw keptSecret(authorized.capability, name, kept);
      }
      return vault.reveal(text, allowed);
    },
  };
}

function keptSecret(capability: string, name: string, { layer, place }: RuleReference): CallFailure {
  return new CallFailure('DENIED', `the secret \`${name}\` may not go to ${capability}`, {
    rule: `${layer} ${place}`,
    remedy: `Add \`${capability}\` to \`to\` of its \`secrets\` entry there, or leave the secret out of the call.`,
  });
}

function isAbout(rule: GrantedRule, name: string): boolean {
  return secretsRule(rule).names.includes(name);
}

/** An entry without `to` is about every capability. */
function goesTo(rule: GrantedRule, capability: string): boolean {
  return secretsRule(rule).to?.includes(capability) ?? true;
}

function secretsRule({ rule }: GrantedRule): SecretsRule {
  // The grant keeps them under `secrets`, whose parse() made them.
  return rule as SecretsRule;
}
