import type { Logger } from 'winston';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { App } from '../../server/app.ts';
import { type Authenticate, type AuthenticatorParts, createAuthenticator } from '../../server/auth/authenticator.ts';
import { assertSafeToStart } from '../../server/auth/safe-start.ts';
import type { HeldPolicy } from './policy.ts';
import { changedSettings, type Reloaded } from './reload.ts';
import type { ServerSettings } from './server-config.ts';

/** The settings that a server takes while it runs, by what their names begin with. */
const taken = ['log-level', 'api-key', 'jwt', 'policy', 'limits.requests-per-minute', 'limits.failures-per-minute'];

/** What follows the settings. */
export interface ReloadedParts {
  readonly log: Logger;
  readonly authenticator: Omit<AuthenticatorParts, 'config'>;
  /** That of the agent in this process. Absent: agents elsewhere have their own. */
  readonly policy?: HeldPolicy;
}

/** An authenticator that follows the settings of a server, and how it is given new ones. */
export interface ServerReload {
  readonly authenticate: Authenticate;
  /** Takes what can be taken. Throws WaterflowFailure, and takes nothing, where that doesn't go or would not be safe. */
  readonly take: (next: ServerSettings, app: Pick<App, 'limitTo' | 'renewCertificate'>) => Promise<Reloaded>;
}

/** Follows new settings from those with which a server starts. */
export function createServerReload(first: ServerSettings, { log, authenticator, policy }: ReloadedParts): ServerReload {
  let current = first;
  let authenticate = createAuthenticator({ ...authenticator, config: first.config });
  return {
    authenticate: (headers, remote) => authenticate(headers, remote),
    take: async (next, app) => {
      const access = accessOf(first, next);
      await assertSafeToStart(access, authenticator.records);
      if (isOpen(access) && !isOpen(accessOf(first, current))) throw wouldOpen();
      const isSame = JSON.stringify(access) === JSON.stringify(accessOf(first, current));
      const replaced = isSame ? authenticate : createAuthenticator({ ...authenticator, config: access });
      const renewedPolicy = await policy?.renewal(next.policy);
      const hasNewCertificate = await app.renewCertificate();
      // Nothing fails from here on.
      const files = [
        ...(hasNewCertificate ? ['the certificate'] : []),
        ...(renewedPolicy?.take() === true ? ['the policy'] : []),
        ...(current.config.apiKey === next.config.apiKey ? [] : ['the admin key']),
      ];
      authenticate = replaced;
      log.level = next.config.logLevel;
      app.limitTo(next.config.limits);
      const changed = changedSettings(current.effective, next.effective).filter(isTaken);
      // What waits goes on waiting, whatever is read after it.
      const waiting = changedSettings(first.effective, next.effective).filter((key) => !isTaken(key));
      current = next;
      return { changed: [...changed, ...files], waiting };
    },
  };
}

function isTaken(key: string): boolean {
  return taken.some((one) => key.startsWith(one));
}

/** Who is let in by new settings; where the server listens stays as it was. */
function accessOf({ config }: ServerSettings, next: ServerSettings): AuthenticatorParts['config'] {
  const { apiKey, jwt } = next.config;
  const { host, corsOrigins } = config;
  return { host, corsOrigins, ...(apiKey === undefined ? {} : { apiKey }), ...(jwt === undefined ? {} : { jwt }) };
}

function isOpen({ apiKey, jwt }: AuthenticatorParts['config']): boolean {
  return apiKey === undefined && jwt === undefined;
}

function wouldOpen(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'USAGE',
    message: 'the new configuration has neither an admin key nor tokens, which the one before has',
    remedy: 'Restart the server, if that is meant: a server that asks for keys does not stop to while it runs.',
  });
}
