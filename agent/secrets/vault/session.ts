import { isJsonObject, type Json } from '../../../schemas/index.ts';
import type { ProviderProblem, SecretPowers } from '../api.ts';
import type { VaultAuth } from '../document.ts';
import { readTokenFile } from '../private-file.ts';
import type { VaultClient } from './client.ts';

/** A token that lets the agent in, or why there is none. */
export type TokenAnswer = { readonly token: string } | { readonly problem: ProviderProblem };

/** An agent that is logged in to Vault, as long as it can be: its token is renewed before its time is over. */
export interface VaultSession extends AsyncDisposable {
  token(signal: AbortSignal): Promise<TokenAnswer>;
  /**
   * Vault refused what was asked with this token. True where that may be the token's fault, and another one can be had: it is no longer
   * used. False where Vault knows the token, so that it is a matter of policies.
   */
  refused(token: string, signal: AbortSignal): Promise<boolean>;
}

export interface SessionParts {
  readonly auth: VaultAuth;
  readonly client: VaultClient;
  readonly powers: Pick<SecretPowers, 'clock' | 'later' | 'env' | 'warned'>;
  readonly uid: number | undefined;
  /** The provider's name, for warnings. */
  readonly provider: string;
}

/** Of a token's time: at so much of it, it is renewed. */
const renewAt = 2 / 3;
/** Sooner than that it isn't renewed again, whatever Vault says. */
const leastRenewMs = 1000;
/** Longer than a timer of Node's can wait. */
const mostRenewMs = 24 * 60 * 60 * 1000;
/** Before its end, a token that couldn't be renewed isn't used any more: what is asked with it takes its time. */
const marginMs = 1000;
/** Where Vault wasn't reached to renew a token, it is tried again after this part of what is left. */
const againAt = 1 / 4;

interface Lease {
  readonly token: string;
  /** When it ends, in ms since the epoch; absent: never. */
  readonly until?: number;
  readonly renewing?: Disposable;
}

export function openVaultSession(parts: SessionParts): VaultSession {
  const { auth, client, powers, provider, uid } = parts;
  const closing = new AbortController();
  let lease: Lease | undefined;
  let login: Promise<TokenAnswer> | undefined;

  const drop = (): void => {
    lease?.renewing?.[Symbol.dispose]();
    lease = undefined;
  };
  const hold = (token: string, terms: Terms): void => {
    drop();
    const { ttlMs, renewable } = terms;
    if (ttlMs === 0) {
      lease = { token };
      return;
    }
    const wait = Math.min(mostRenewMs, Math.max(leastRenewMs, ttlMs * renewAt));
    const renewing = renewable ? powers.later(wait, () => void renew(token, ttlMs)) : undefined;
    lease = { token, until: powers.clock.now() + ttlMs, ...(renewing === undefined ? {} : { renewing }) };
  };
  const renew = async (token: string, ttlMs: number): Promise<void> => {
    const answer = await client.ask({ method: 'POST', path: 'auth/token/renew-self', token, body: {} }, closing.signal);
    const until = lease?.until;
    if (closing.signal.aborted || lease?.token !== token || until === undefined) return;
    if ('problem' in answer) {
      powers.warned('a token of Vault was not renewed yet', { provider, reason: answer.problem.reason });
      const left = Math.max(leastRenewMs, (until - powers.clock.now()) * againAt);
      lease = { token, until, renewing: powers.later(left, () => void renew(token, ttlMs)) };
      return;
    }
    const terms = termsOf(answer.content['auth'], 'lease_duration');
    if (answer.status === 200 && terms !== undefined && terms.ttlMs > 0) {
      hold(token, terms);
      if (terms.ttlMs < ttlMs / 2 && auth.kind !== 'approle') {
        powers.warned("a token of Vault comes to the end of its greatest time: it can't be renewed beyond that", {
          provider,
          seconds_left: terms.ttlMs / 1000,
        });
      }
      return;
    }
    // What is refused for good is of no use later: the agent logs in anew when it needs to.
    drop();
    if (auth.kind !== 'approle')
      powers.warned('a token of Vault was refused its renewal', { provider, status: answer.status });
  };

  const logIn = async (signal: AbortSignal): Promise<TokenAnswer> => {
    if (auth.kind !== 'approle') return { problem: noToken };
    const secretId = readTokenFile(auth.secretIdFile, uid);
    if ('problem' in secretId) return { problem: aboutFile(secretId.problem, 'its `secret-id-file`') };
    const answer = await client.ask(
      {
        method: 'POST',
        path: `auth/${auth.mount}/login`,
        body: { role_id: auth.roleId, secret_id: secretId.text },
      },
      signal,
    );
    if ('problem' in answer) return answer;
    const given = answer.content['auth'];
    const token = isJsonObject(given) ? given['client_token'] : undefined;
    const terms = termsOf(given, 'lease_duration');
    if (answer.status === 200 && typeof token === 'string' && terms !== undefined) {
      hold(token, terms);
      return { token };
    }
    return { problem: loginRefused(answer.status) };
  };

  /** A token that somebody else made: how long it holds is asked once. */
  const adopt = async (token: string, signal: AbortSignal): Promise<TokenAnswer> => {
    if (lease?.token === token) return { token };
    const answer = await client.ask({ method: 'GET', path: 'auth/token/lookup-self', token }, signal);
    if ('problem' in answer) return answer;
    const terms = termsOf(answer.content['data'], 'ttl');
    // A policy may keep it from looking; then it is used as long as it works.
    hold(token, answer.status === 200 && terms !== undefined ? terms : { ttlMs: 0, renewable: false });
    return { token };
  };

  const given = (): TokenAnswer => {
    if (auth.kind === 'token file') {
      const read = readTokenFile(auth.file, uid);
      return 'problem' in read ? { problem: aboutFile(read.problem, 'its `token-file`') } : { token: read.text };
    }
    const token = auth.kind === 'token variable' ? powers.env[auth.variable]?.trim() : undefined;
    return token === undefined || token === '' ? { problem: noToken } : { token };
  };

  return {
    async token(signal) {
      if (auth.kind !== 'approle') {
        const found = given();
        return 'problem' in found ? found : await adopt(found.token, signal);
      }
      if (lease !== undefined && (lease.until ?? Number.POSITIVE_INFINITY) - marginMs > powers.clock.now()) {
        return { token: lease.token };
      }
      // One for all that wait: it ends when the agent does, not with one of them.
      login ??= logIn(closing.signal).finally(() => {
        login = undefined;
      });
      return await login;
    },
    async refused(token, signal) {
      const answer = await client.ask({ method: 'GET', path: 'auth/token/lookup-self', token }, signal);
      if ('problem' in answer || answer.status === 200) return false;
      if (lease?.token === token) drop();
      if (auth.kind === 'approle') return true;
      const now = given();
      return 'token' in now && now.token !== token;
    },
    async [Symbol.asyncDispose]() {
      const last = lease;
      drop();
      closing.abort();
      // What the agent made, it takes back; a token that it was given is somebody else's.
      if (auth.kind !== 'approle' || last === undefined) return;
      await client.ask(
        { method: 'POST', path: 'auth/token/revoke-self', token: last.token, body: {} },
        AbortSignal.timeout(revokeMs),
      );
    },
  };
}

/** An agent that stops doesn't wait longer for a Vault that is gone: the token ends by itself. */
const revokeMs = 2000;

interface Terms {
  /** 0: it never ends. */
  readonly ttlMs: number;
  readonly renewable: boolean;
}

function termsOf(value: Json | undefined, key: 'lease_duration' | 'ttl'): Terms | undefined {
  if (!isJsonObject(value)) return undefined;
  const seconds = value[key];
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return undefined;
  return { ttlMs: seconds * 1000, renewable: value['renewable'] === true };
}

const noToken: ProviderProblem = {
  kind: 'denied',
  reason: 'the agent has no token for it',
  remedy: 'Set the variable that `token-variable` names, and start the agent again.',
};

function aboutFile({ kind, reason, remedy }: ProviderProblem, what: string): ProviderProblem {
  return {
    // A token that isn't there is no secret that isn't there.
    kind: kind === 'missing' ? 'denied' : kind,
    reason: `${what}: ${reason}`,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function loginRefused(status: number): ProviderProblem {
  return {
    kind: status >= 400 && status < 500 ? 'denied' : 'invalid',
    reason: `the login by AppRole was refused (${status})`,
    remedy:
      'Check `role-id`, the secret id in `secret-id-file`, which may have been used up, and the `mount` of AppRole.',
  };
}
