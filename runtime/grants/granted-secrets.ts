import type { SecretVault } from '../capabilities/capability.ts';
import type { MailLogin } from '../capabilities/mail/rule.ts';
import { type NetAuth, secretsOf } from '../capabilities/net/auth.ts';
import { type SshLogin, secretsOfLogin } from '../capabilities/ssh/login.ts';
import type { CapabilityGrant, Grant } from './api.ts';
import { secretKeptFrom } from './secret-reach.ts';

/** The capabilities by which a value can go out. */
const takers = ['net', 'exec', 'docker', 'ssh', 'mail'] as const;

/**
 * Of some secrets those whose values an invocation may come to need: its inputs or its environment hold their placeholders, or its manifest
 * names them for these inputs; and in each layer there is an entry by which they may go somewhere. `texts` are the inputs and the environment.
 */
export function secretsToFill(
  grant: Grant,
  names: readonly string[],
  { vault, texts }: { readonly vault: Pick<SecretVault, 'mentioned'>; readonly texts: unknown },
): readonly string[] {
  if (names.length === 0) return [];
  const mentioned = new Set(vault.mentioned(JSON.stringify(texts)));
  const byManifest = new Set(
    [...grant.capabilities].flatMap(([capability, { layers }]) =>
      layers
        .filter(({ layer }) => layer === 'manifest')
        .flatMap(({ rules }) => rules.flatMap(({ rule }) => secretsOfRule(capability, rule))),
    ),
  );
  return names.filter((name) => (mentioned.has(name) || byManifest.has(name)) && mayGoOut(grant, name));
}

function mayGoOut(grant: Grant, name: string): boolean {
  return takers.some((capability) => {
    const granted = grant.capabilities.get(capability);
    return (
      granted !== undefined &&
      isNamedInEachLayer(capability, granted, name) &&
      secretKeptFrom(grant, capability, name) === undefined
    );
  });
}

function isNamedInEachLayer(capability: string, { layers }: CapabilityGrant, name: string): boolean {
  return (
    layers.length > 0 &&
    layers.every(({ rules }) =>
      rules.some(({ rule }) => {
        const named = secretsOfRule(capability, rule);
        return named.includes('*') || named.includes(name);
      }),
    )
  );
}

/** What rules of the capabilities say of secrets, each under keys of its own. */
interface NamesSecrets {
  readonly secrets?: readonly string[];
  readonly urlSecrets?: readonly string[];
  /** Of `secrets`. */
  readonly names?: readonly string[];
  readonly auth?: NetAuth;
  readonly login?: SshLogin | MailLogin;
}

function secretsOfRule(capability: string, rule: unknown): readonly string[] {
  // Rules are objects that parse() of their capability made; what speaks of secrets in them has these keys and no others.
  const { secrets = [], urlSecrets = [], names = [], auth, login } = rule as NamesSecrets;
  return [
    ...secrets,
    ...urlSecrets,
    ...(capability === 'secrets' ? names : []),
    ...(auth === undefined ? [] : secretsOf(auth)),
    ...(login === undefined ? [] : loginSecrets(login)),
  ];
}

function loginSecrets(login: SshLogin | MailLogin): readonly string[] {
  return 'user' in login ? [login.password] : secretsOfLogin(login);
}
