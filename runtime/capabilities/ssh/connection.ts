import type { Socket } from 'node:net';
import type { Client, ConnectConfig } from 'ssh2';
import type { Recheck } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { harmless } from '../harmless.ts';
import { connectFound, type Endpoint, type FoundEndpoint, findEndpoint, type GuardedAddress } from '../net/endpoint.ts';
import type { SshRoute } from './call.ts';
import { acceptsHostKey, fingerprintOf, hostKeyAlgorithms } from './host-key.ts';
import { agreedLogin, credentialsOf, type SshCredentials, type SshLogin, secretsOfLogin } from './login.ts';
import type { SshPowers } from './powers.ts';
import { prepareKeys } from './prepared-keys.ts';
import type { SshEffective } from './rule.ts';
import { sendTogether } from './together.ts';

/** Until the other side accepts, and until it has let the agent in. */
const connectTimeoutMs = 15_000;
const handshakeTimeoutMs = 20_000;
/** A peer that says nothing for this long, not even to a question whether it is there, has gone. */
const keepaliveMs = 15_000;
/** How long the end of a connection waits until it is told. */
const goodbyeMs = 500;
/** How long a call that is cancelled may take to leave nothing behind. */
const farewellMs = 4000;

/**
 * Key exchange, ciphers and MACs that are offered: authenticated ciphers, and counter mode with encrypt-then-MAC. No CBC, no
 * SHA-1, no Diffie-Hellman below 4096 bits. chacha20-poly1305 is left out: with a server that has no strict key exchange it is
 * what the Terrapin attack (CVE-2023-48795) works on.
 */
const algorithms: NonNullable<ConnectConfig['algorithms']> = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr', 'aes192-ctr', 'aes128-ctr'],
  hmac: ['hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com'],
  compress: ['none'],
};

/** A connection that is logged in; of one call, and of no other. */
export interface SshConnection extends AsyncDisposable {
  readonly client: Client;
  /** `user@host:port`, for messages. */
  readonly where: string;
  /** What else the grant is asked about. */
  readonly route: SshRoute;
  /**
   * Starts something that calls back, and waits for it as long as the connection lasts: a server that never answers, or hangs
   * up, must not leave anybody waiting.
   */
  readonly until: <Value>(start: (settle: Settle<Value>) => void) => Promise<Value>;
  /** Ends it at once; whoever waits gets this failure. */
  readonly fail: (cause: Error) => void;
  /** What is done before a call that is cancelled, or out of time, loses the connection. */
  beforeAbort(farewell: () => Promise<void>): void;
}

/** As Node's own callbacks are called: with an error, or with a value. */
type Settle<Value> = (error: Error | null | undefined, value?: Value) => void;

/** What looking a host up needs to know. */
export interface HostRequest {
  readonly endpoint: Endpoint;
  readonly effective: SshEffective;
  /** What the grant says of the call, if the host lies at such an address. */
  readonly ask: (found: Pick<SshRoute, 'at' | 'addresses'>) => Recheck<SshEffective>;
  readonly signal: AbortSignal;
  readonly powers: SshPowers;
}

/** A host whose addresses may be connected to, and what holds there. */
export interface FoundHost extends FoundEndpoint {
  readonly effective: SshEffective;
  readonly at: GuardedAddress | undefined;
}

/** Looks the host up. Throws CallFailure: DENIED for an address that isn't granted. */
export async function findHost({ endpoint, ask, signal, powers, ...before }: HostRequest): Promise<FoundHost> {
  let { effective } = before;
  let guarded: GuardedAddress | undefined;
  const found = await findEndpoint(endpoint, {
    lookup: powers.lookup,
    permits(at) {
      const answer = ask({ at });
      if (answer.kind === 'denied') return false;
      effective = answer.effective;
      guarded = at;
      return true;
    },
    denies(address) {
      const answer = ask({ addresses: [address] });
      return answer.kind === 'denied' ? answer.denial : undefined;
    },
    capability: 'ssh',
    signal,
    timeout_ms: connectTimeoutMs,
  });
  return { ...found, effective, at: guarded };
}

/** What connecting needs to know. */
export interface ConnectionRequest {
  readonly host: FoundHost;
  readonly user: string | undefined;
  /** What the call itself says of the login. */
  readonly login: SshLogin | undefined;
  readonly scope: CallScope;
  readonly signal: AbortSignal;
}

/** Connects and logs in. Throws CallFailure: DENIED for a host key or a login that isn't granted. */
export async function openConnection(request: ConnectionRequest): Promise<SshConnection> {
  const { host, scope, signal } = request;
  const { endpoint, effective, at } = host;
  const user = userOf(request);
  const login = agreedLogin(effective.logins, request.login);
  if (effective.pins.length === 0) {
    throw new CallFailure('DENIED', `no entry pins the host key of ${endpoint.host}`, {
      rule: 'ssh: host keys are pinned',
      remedy: 'Give `host-key` in an entry; `ssh-keyscan` prints the keys, to be compared with those on the host.',
    });
  }
  const credentials = credentialsOf(login, scope.secrets);
  await requireKey(credentials, login.key ?? '');
  const { socket, address } = await connectFound(host, { signal, timeout_ms: connectTimeoutMs });
  const where = `${user}@${endpoint.host}:${endpoint.port}`;
  scope.audit.note({ user, address, secrets: [...secretsOfLogin(login)] });
  const route = { at, addresses: host.addresses.map((found) => found.address), user, login };
  return logIn({ socket, user, credentials, effective, route, where, signal, audit: scope.audit });
}

/** Whom to log in as: the one user that the layers and the call name. */
function userOf({ user, host: { effective } }: ConnectionRequest): string {
  const users = [...new Set([...effective.users, ...(user === undefined ? [] : [user])])];
  const [one] = users;
  if (one === undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', 'the entries allow any user, so that the call must name one', {
      remedy: 'Give `user`.',
    });
  }
  if (users.length === 1) return one;
  throw new CallFailure('DENIED', `the layers name different users: ${users.join(', ')}`, {
    rule: 'ssh: the user is granted by every layer',
    remedy: 'Name the same `user` in each layer, or `*`.',
  });
}

/** Says that the secret is wrong before the network does. */
async function requireKey({ key, passphrase }: SshCredentials, name: string): Promise<void> {
  if (key === undefined) return;
  const { default: ssh2 } = await import('ssh2');
  const parsed = ssh2.utils.parseKey(key, passphrase);
  const usable = !(parsed instanceof Error) && [parsed].flat()[0]?.isPrivateKey() === true;
  if (usable) return;
  throw new CallFailure('FAILED', `the secret \`${name}\` is not a private key that can be read`, {
    remedy: 'Give a private key in OpenSSH or PEM form, and its `passphrase` if it has one.',
  });
}

interface Handshake {
  readonly socket: Socket;
  readonly user: string;
  readonly credentials: SshCredentials;
  readonly effective: SshEffective;
  readonly route: SshRoute;
  readonly where: string;
  readonly signal: AbortSignal;
  readonly audit: CallScope['audit'];
}

async function logIn(handshake: Handshake): Promise<SshConnection> {
  const { socket, where, signal, effective, audit } = handshake;
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  sendTogether(socket);
  prepareKeys(client);
  const waiting = new Set<(cause: Error) => void>();
  let ended: Error | undefined;
  const fail = (cause: Error): void => {
    ended ??= cause;
    for (const reject of waiting) reject(ended);
    socket.destroy();
  };
  let farewell: () => Promise<void> = async () => undefined;
  const onAbort = (): void =>
    void bounded(farewell()).then(() => fail(new CallFailure('CANCELLED', `the connection to ${where} was ended`)));
  let refused: string | undefined;
  let accepted: string | undefined;
  // Stays for as long as the client lives: an error that nobody listens to ends the process.
  client.on('error', (cause) => fail(failureOfHandshake(cause, where, refused)));
  client.on('close', () => fail(new CallFailure('FAILED', `${where} ended the connection`)));
  client.on('change password', () => fail(new CallFailure('FAILED', `${where} asks for a new password`)));
  client.on('keyboard-interactive', (...[, , , prompts, finish]) =>
    // One question that isn't to be shown is for the password; any other has no answer.
    finish(prompts.length === 1 && prompts[0]?.echo !== true ? [handshake.credentials.password ?? ''] : []),
  );
  const connection: SshConnection = {
    client,
    where,
    get route() {
      return accepted === undefined ? handshake.route : { ...handshake.route, host_key: accepted };
    },
    fail,
    beforeAbort: (given) => {
      farewell = given;
    },
    until<Value>(start: (settle: Settle<Value>) => void): Promise<Value> {
      if (ended !== undefined) return Promise.reject(ended);
      const { promise, resolve, reject } = Promise.withResolvers<Value>();
      waiting.add(reject);
      try {
        // Without an error there is a value, unless it is one of type void.
        start((error, value) => (error instanceof Error ? reject(error) : resolve(value as Value)));
      } catch (cause) {
        // ssh2 throws where a connection is closed already, or the server lacks what is asked for.
        reject(cause);
      }
      return promise.finally(() => waiting.delete(reject));
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort);
      if (!socket.destroyed) await sayGoodbye(client, socket);
      fail(new CallFailure('FAILED', `the connection to ${where} was ended`));
    },
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await connection.until<void>((settle) => {
      client.once('ready', () => settle(undefined, undefined));
      client.connect({
        ...configOf(handshake),
        hostVerifier: (key: Buffer) => {
          // At each key exchange, so that no other key takes over later on.
          const fingerprint = `SHA256:${fingerprintOf(key)}`;
          if (acceptsHostKey(effective.pins, key)) {
            audit.note({ host_key: fingerprint });
            accepted = fingerprintOf(key);
            return true;
          }
          refused = fingerprint;
          return false;
        },
      });
      if (signal.aborted) onAbort();
    });
    return connection;
  } catch (cause) {
    await connection[Symbol.asyncDispose]();
    // What ssh2 throws by itself is about the login that it was given.
    throw cause instanceof Error ? failureOfHandshake(cause, where, refused) : cause;
  }
}

function configOf({ socket, user, credentials, effective }: Handshake): ConnectConfig {
  const { key, passphrase, password } = credentials;
  return {
    sock: socket,
    username: user,
    ...(key === undefined ? {} : { privateKey: key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(password === undefined ? {} : { password }),
    tryKeyboard: password !== undefined,
    // Said outright: no agent of the operator's, no other way in.
    authHandler: [
      ...(key === undefined ? [] : (['publickey'] as const)),
      ...(password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
    ],
    algorithms: { ...algorithms, serverHostKey: hostKeyAlgorithms(effective.pins) },
    readyTimeout: handshakeTimeoutMs,
    keepaliveInterval: keepaliveMs,
    keepaliveCountMax: 2,
    agentForward: false,
    ident: 'waterflow',
  };
}

/** Tells the other side; waits until that is on its way, but not for long. */
async function sayGoodbye(client: Client, socket: Socket): Promise<void> {
  const sent = Promise.withResolvers<void>();
  const timer = setTimeout(sent.resolve, goodbyeMs);
  socket.once('finish', sent.resolve);
  socket.once('close', sent.resolve);
  client.end();
  await sent.promise;
  clearTimeout(timer);
  socket.destroy();
}

/** Waits for what a call still has to do, but not for ever. */
async function bounded(farewell: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, farewellMs);
  await Promise.race([farewell.catch(() => undefined), late.promise]);
  clearTimeout(timer);
}

function failureOfHandshake(cause: Error, where: string, refusedKey: string | undefined): CallFailure {
  if (cause instanceof CallFailure) return cause;
  if (refusedKey !== undefined) {
    return new CallFailure('DENIED', `${where} has the host key ${refusedKey}, which is not pinned`, {
      rule: 'ssh: host keys are pinned',
      remedy: 'Find out why the key is another one; if it was changed on purpose, change `host-key`.',
    });
  }
  const level = 'level' in cause ? cause.level : undefined;
  if (level === 'client-authentication') return new CallFailure('FAILED', `${where} refuses the login`);
  if (level === 'client-timeout') return new CallFailure('TIMEOUT', `${where} does not answer`);
  return new CallFailure('FAILED', `${where}: ${harmless(cause.message)}`);
}
