import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Json } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { agreedWish } from '../agreed-secrets.ts';
import { CallFailure, type CallScope, type SecretVault } from '../capability.ts';
import { startDeadline } from '../deadline.ts';
import { harmless } from '../harmless.ts';
import { classifyAddress } from '../net/addresses.ts';
import { connectFound, type FoundEndpoint, findEndpoint } from '../net/endpoint.ts';
import type { NetPowers } from '../net/powers.ts';
import { veilText } from '../veil.ts';
import { demandsOf, endpointOf, type MailArgs } from './call.ts';
import { compose, type Message } from './compose.ts';
import type { MailEffective, MailLogin, MailTls } from './rule.ts';
import { smtpClient, watchSmtp } from './smtp.ts';

/** What mail needs of the outside. */
export type MailPowers = Pick<NetPowers, 'lookup' | 'authorities'>;

type AuthorizedMail = Authorized<MailArgs, MailEffective>;

/** Where neither the call nor an entry says. */
const defaultTimeoutMs = 120_000;
const connectTimeoutMs = 15_000;

/** Sends one message. */
export async function sendMail(authorized: AuthorizedMail, scope: CallScope, powers: MailPowers): Promise<Json> {
  requireAuthorized(authorized);
  const { args } = authorized;
  requireNoSecret(args, scope.secrets);
  using deadline = startDeadline(args.timeout_ms ?? defaultTimeoutMs);
  const signal = AbortSignal.any([scope.signal, deadline.signal]);
  try {
    const server = await findServer(authorized, { signal, powers });
    const { effective } = server;
    deadline.atMost(effective.limits.time);
    return await compose({ authorized, effective }, scope, (message) =>
      deliver(message, { args, server, scope, signal, powers }),
    );
  } catch (cause) {
    if (scope.signal.aborted) throw new CallFailure('CANCELLED', 'the step is being cancelled');
    if (deadline.signal.aborted) {
      throw new CallFailure('TIMEOUT', `${args.host} took longer than ${deadline.limit_ms} ms`);
    }
    throw cause;
  }
}

/** Refuses a message that mentions a secret: no entry can let one stand there, and readers would get the placeholder. Files aren't looked into. */
function requireNoSecret({ login, ...message }: MailArgs, secrets: Pick<SecretVault, 'mentioned'>): void {
  const [name] = secrets.mentioned(JSON.stringify({ ...message, user: login?.user }));
  if (name === undefined) return;
  throw new CallFailure('INVALID_ARGUMENTS', `the secret \`${name}\` can't stand in a mail`, {
    remedy: 'Leave it out: a mail is no place for a secret. The password of the login may be one.',
  });
}

/** The server at addresses that may be connected to, and what holds there. */
interface FoundServer extends FoundEndpoint {
  readonly effective: MailEffective;
}

async function findServer(
  authorized: AuthorizedMail,
  { signal, powers }: { readonly signal: AbortSignal; readonly powers: MailPowers },
): Promise<FoundServer> {
  const { args } = authorized;
  let { effective } = authorized;
  const found = await findEndpoint(endpointOf(args), {
    lookup: powers.lookup,
    permits(at) {
      const answer = authorized.recheck(...demandsOf(args, { at }));
      if (answer.kind === 'denied') return false;
      effective = answer.effective;
      return true;
    },
    denies(address) {
      const answer = authorized.recheck(...demandsOf(args, { addresses: [address] }));
      return answer.kind === 'denied' ? answer.denial : undefined;
    },
    capability: 'mail',
    signal,
    timeout_ms: connectTimeoutMs,
  });
  return { ...found, effective };
}

interface Delivery {
  readonly args: MailArgs;
  readonly server: FoundServer;
  readonly scope: CallScope;
  readonly signal: AbortSignal;
  readonly powers: MailPowers;
}

async function deliver(message: Message, { args, server, scope, signal, powers }: Delivery): Promise<Json> {
  const { effective, endpoint } = server;
  const login = agreedLogin(effective, askedLogin(args, scope));
  const tls = agreedTls(effective, endpoint.port);
  if (tls === 'none' && login !== undefined) {
    throw new CallFailure('DENIED', 'a password is never sent without encryption', {
      rule: 'mail: no login without TLS',
      remedy: 'Leave `tls: none` off, or the login.',
    });
  }
  const password = login === undefined ? undefined : passwordOf(login, scope);
  const { socket, address } = await connectFound(server, { signal, timeout_ms: connectTimeoutMs });
  using _closed = { [Symbol.dispose]: () => void socket.destroy() };
  if (tls === 'none' && classifyAddress(address) === 'public') {
    throw new CallFailure('DENIED', `${address} is a public address, and mail goes there encrypted only`, {
      rule: 'mail: `tls: none` is for private addresses',
      remedy: 'Leave `tls: none` off.',
    });
  }
  scope.audit.note({
    address,
    tls,
    from: message.from,
    recipients: message.recipients.length,
    message_id: message.id,
    ...(login === undefined ? {} : { user: login.user, secrets: [login.password] }),
  });
  const where = `${args.host}:${endpoint.port}`;
  const used = login === undefined ? [] : [login.password];
  const said = (text: string): string => harmless(veilText(text, scope.secrets, used));
  const connection = await smtpClient({ socket, host: args.host, tls, authorities: powers.authorities });
  const session = watchSmtp(connection, { where, signal, said });
  try {
    await session.until<void>((settle) => connection.connect((error) => settle(error)));
    if (login !== undefined) {
      const credentials = { user: login.user, pass: password ?? '' };
      await session.until<boolean>((settle) => connection.login({ user: login.user, credentials }, settle));
    }
    const envelope = { from: message.from, to: [...message.recipients] };
    const info = await session.until<SMTPConnection.SentMessageInfo>((settle) => {
      message.content.once('error', (cause) => settle(cause));
      connection.send(envelope, message.content, settle);
    });
    scope.audit.note({ bytes: message.sent(), accepted: info.accepted.length, rejected: info.rejected.length });
    return {
      message_id: message.id,
      accepted: [...info.accepted],
      rejected: info.rejected.map((rejected, index) => ({
        address: rejected,
        reason: said(info.rejectedErrors?.[index]?.response ?? ''),
      })),
      bytes: message.sent(),
    };
  } catch (cause) {
    throw message.failure() ?? cause;
  } finally {
    session.end();
  }
}

/** How the call itself wants to log in: with a secret, never with a password that the guest holds. */
function askedLogin({ login }: MailArgs, { secrets }: CallScope): MailLogin | undefined {
  if (login === undefined) return undefined;
  const [password] = secrets.mentioned(login.password);
  if (password !== undefined && secrets.placeholder(password) === login.password) {
    return { user: login.user, password };
  }
  throw new CallFailure('INVALID_ARGUMENTS', '`login.password` is not the placeholder of a secret', {
    remedy: 'Give the password as a secret of the run: ${{ secrets.NAME }}.',
  });
}

/** What the layers say, or the call where they let it. */
function agreedLogin(effective: MailEffective, asked: MailLogin | undefined): MailLogin | undefined {
  const uses = asked === undefined ? effective.logins : [{ secrets: [], wish: asked }, ...effective.logins];
  return agreedWish(uses, {
    names: ({ password }) => [password],
    same: (one, other) => one.user === other.user && one.password === other.password,
    does: 'log in to this mail server',
    rule: 'mail: the login is granted by every layer',
    keys: '`user` and `password`',
  });
}

function passwordOf({ password }: MailLogin, { secrets }: CallScope): string {
  const placeholder = secrets.placeholder(password);
  if (placeholder !== undefined) return secrets.reveal(placeholder, [password]).text;
  throw new CallFailure('NOT_FOUND', `the run has no secret \`${password}\`, which the agent is to log in with`);
}

/** What the layers say that say something; without encryption only where all of them say so. */
function agreedTls({ tls }: MailEffective, port: number): MailTls {
  const named = new Set(tls.filter((mode) => mode !== undefined));
  const [mode] = named;
  if (mode === undefined) return port === 465 ? 'implicit' : 'starttls';
  if (named.size === 1 && (mode !== 'none' || tls.every((said) => said === 'none'))) return mode;
  throw new CallFailure('DENIED', 'the layers do not agree on how the connection is encrypted', {
    rule: 'mail: encryption is granted by every layer',
    remedy: 'Say the same `tls` in each layer.',
  });
}
