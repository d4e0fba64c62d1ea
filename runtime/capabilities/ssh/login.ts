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

/** What a call may say of its login: placeholders of secrets, which an entry's `secrets` must let it use. */
export interface LoginArgs {
  readonly key?: string;
  readonly passphrase?: string;
  readonly password?: string;
}

const placeholder: JsonObject = { type: 'string', minLength: 1, maxLength: 256 };

/** The part of an operation's schema that {@link LoginArgs} are. */
export const loginArgsSchema: JsonObject = { key: placeholder, passphrase: placeholder, password: placeholder };

/**
 * The login that a call names, if it names one. Throws INVALID_ARGUMENTS for a text that is not exactly one placeholder: a password that
 * is written out has been seen by the guest. The text itself is never repeated.
 */
export function calledLogin(args: LoginArgs, vault: SecretVault): SshLogin | undefined {
  const nameOf = (field: keyof LoginArgs): string | undefined => {
    const text = args[field];
    if (text === undefined) return undefined;
    const [name] = vault.mentioned(text);
    if (name !== undefined && vault.placeholder(name) === text) return name;
    throw new CallFailure('INVALID_ARGUMENTS', `\`${field}\` is not the placeholder of a secret`, {
      remedy: `Give \`${field}\` as a secret, \`\${{ secrets.NAME }}\`, and nothing around it.`,
    });
  };
  const login = { key: nameOf('key'), passphrase: nameOf('passphrase'), password: nameOf('password') };
  if (login.passphrase !== undefined && login.key === undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', '`passphrase` belongs to a `key`, which the call does not name');
  }
  return login.key === undefined && login.password === undefined ? undefined : login;
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

/**
 * The login that holds where one rule of each layer matched, and the call named this one or none. Throws DENIED where they don't
 * agree, or none says one.
 */
export function agreedLogin(uses: readonly SecretsUse<SshLogin>[], called: SshLogin | undefined): SshLogin {
  const all = called === undefined ? uses : [{ secrets: [], wish: called }, ...uses];
  const login = agreedWish(all, {
    ...loginGrammar,
    does: 'log in to this host',
    rule: 'ssh: the login is granted by every layer',
    keys: '`key` and `password`',
  });
  if (login !== undefined) return login;
  throw new CallFailure('DENIED', 'no entry says how to log in to this host', {
    rule: 'ssh: the login is part of an entry',
    remedy:
      'Name a secret with the private key under `key`, or one with the password under `password`, in an entry or in the call.',
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
