import type { JsonObject } from '../../../schemas/index.ts';
import { agreedWish, agreesTo, type SecretsUse, type WishGrammar } from '../agreed-secrets.ts';
import { CallFailure, type SecretVault } from '../capability.ts';

/** How the agent logs in: by secrets of those names. */
export interface SshLogin {
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
}

/** Reads the login of an entry that fits the schema. */
export function parseLogin(entry: JsonObject): { readonly login: SshLogin | undefined } | { readonly problem: string } {
  const name = (key: string): string | undefined => {
    const value = entry[key];
    return typeof value === 'string' ? value : undefined;
  };
  const login = { key: name('key'), passphrase: name('passphrase'), password: name('password') };
  if (login.passphrase !== undefined && login.key === undefined) {
    return { problem: '`passphrase` belongs to a `key`, which the entry does not name' };
  }
  return { login: login.key === undefined && login.password === undefined ? undefined : login };
}

/** The secrets that it takes. */
export function secretsOfLogin(login: SshLogin): readonly string[] {
  return [login.key, login.passphrase, login.password].filter((name) => name !== undefined);
}

const loginGrammar: Pick<WishGrammar<SshLogin>, 'names' | 'same'> = {
  names: secretsOfLogin,
  same: (one, other) => one.key === other.key && one.passphrase === other.passphrase && one.password === other.password,
};

/** Whether a rule logs in like this, or lets another layer do so. */
export function letsLogIn(use: SecretsUse<SshLogin>, login: SshLogin): boolean {
  return agreesTo(use, login, loginGrammar);
}

/** The login that holds where one rule of each layer matched. Throws DENIED where they don't agree, or none says one. */
export function agreedLogin(uses: readonly SecretsUse<SshLogin>[]): SshLogin {
  const login = agreedWish(uses, {
    ...loginGrammar,
    does: 'log in to this host',
    rule: 'ssh: the login is granted by every layer',
    keys: '`key` and `password`',
  });
  if (login !== undefined) return login;
  throw new CallFailure('DENIED', 'no entry says how to log in to this host', {
    rule: 'ssh: the login is part of an entry',
    remedy: 'Name a secret with the private key under `key`, or one with the password under `password`.',
  });
}

/** The values of a login. They go into the handshake and nowhere else. */
export interface SshCredentials {
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
}

/** Looks the values up; NOT_FOUND where the run has no such secret. */
export function credentialsOf(login: SshLogin, vault: SecretVault): SshCredentials {
  const value = (name: string | undefined): string | undefined => {
    if (name === undefined) return undefined;
    const placeholder = vault.placeholder(name);
    if (placeholder !== undefined) return vault.reveal(placeholder, [name]).text;
    throw new CallFailure('NOT_FOUND', `the run has no secret \`${name}\`, which the agent is to log in with`);
  };
  return { key: value(login.key), passphrase: value(login.passphrase), password: value(login.password) };
}
