import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'winston';
import type { TemporalSettings } from './temporal-settings.ts';
import { readKeyFile } from './config-file.ts';
import { readPem } from './pem.ts';
import { connectionProblem } from './temporal-problem.ts';

const firstPauseMs = 500;
const mostPauseMs = 10_000;
/** What keeps it from that is told again after so long, for who looks only then. */
const againMs = 60_000;

/**
 * Connects to Temporal, and tries again for as long as it isn't reached; undefined once `signal` aborts. Files that can't be read when it
 * begins are a WaterflowFailure.
 */
export async function connectTo(
  settings: TemporalSettings,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<NativeConnection | undefined> {
  const { host, namespace } = settings;
  requireFiles(settings);
  const told = { reason: '', at: 0 };
  for (let pause = firstPauseMs; !signal.aborted; pause = Math.min(2 * pause, mostPauseMs)) {
    try {
      return await connect(settings);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      const { code, message: reason, remedy } = connectionProblem(cause, settings);
      if (reason !== told.reason || performance.now() - told.at > againMs) {
        log.warn('Temporal is not reached; trying again until it is', {
          host,
          namespace,
          code,
          reason,
          remedy,
          detail,
        });
        Object.assign(told, { reason, at: performance.now() });
      }
    }
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

/** FILE_NOT_READABLE, INVALID_INPUT: no waiting heals what is wrong with a file of the settings. */
export function requireFiles(settings: TemporalSettings): void {
  connectionOptions(settings);
}

/** Connects once, and makes sure that the namespace is there. */
async function connect(settings: TemporalSettings): Promise<NativeConnection> {
  const { namespace, createNamespaceMs } = settings;
  const connection = await NativeConnection.connect(connectionOptions(settings));
  try {
    const describe = () =>
      connection.withDeadline(Date.now() + answerMs, () => connection.workflowService.describeNamespace({ namespace }));
    if (createNamespaceMs === undefined) await describe();
    else
      await describe().catch((cause: unknown) => createNamespace(connection, { namespace, createNamespaceMs, cause }));
    return connection;
  } catch (cause) {
    await connection.close();
    throw cause;
  }
}

/** Temporal answers within this, in ms. */
const answerMs = 10_000;
/** Its nodes look for new namespaces every ten seconds: one that was just made can be used by then, in ms. */
const knownMs = 30_000;
/** Status codes of gRPC. */
const [notFound, alreadyExists] = [5, 6];

/** Undefined where an error isn't Temporal's. */
const statusOf = (error: unknown): number | undefined => (isGrpcServiceError(error) ? error.code : undefined);

/** Makes the namespace that `cause` says isn't there, and waits until all of Temporal knows it. Any other cause is thrown. */
async function createNamespace(
  { workflowService }: NativeConnection,
  given: { readonly namespace: string; readonly createNamespaceMs: number; readonly cause: unknown },
): Promise<void> {
  const { namespace, createNamespaceMs, cause } = given;
  if (statusOf(cause) !== notFound) throw cause;
  await workflowService
    .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(createNamespaceMs) })
    .catch((error: unknown) => {
      // Another server was quicker.
      if (statusOf(error) !== alreadyExists) throw error;
    });
  for (const end = performance.now() + knownMs; ; await sleep(firstPauseMs)) {
    try {
      await workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** How often files of certificates and keys are looked at, in ms. */
const lookMs = 5000;

/**
 * Calls back with a new connection whenever a certificate or key file has another content, until disposed of. One with which there is no
 * connection is told of in the log, and the connection before goes on.
 */
export function followFiles(
  settings: TemporalSettings,
  { log, renewed }: { readonly log: Logger; readonly renewed: (connection: NativeConnection) => Promise<void> },
): Disposable {
  let known = contentOf(settings);
  let isBusy = false;
  const look = async (): Promise<void> => {
    const content = contentOf(settings);
    if (isBusy || content === undefined || content === known) return;
    isBusy = true;
    try {
      await renewed(await connect(settings));
      known = content;
      log.info('the connection to Temporal was renewed, with the certificates and keys that are there now');
    } catch (cause) {
      const { code, message: reason, remedy } = connectionProblem(cause, settings);
      log.warn('with the certificates and keys that are there now Temporal is not reached; the former go on', {
        code,
        reason,
        remedy,
      });
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void look(), lookMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** A digest of all files; undefined while one of them can't be read, as when it is being replaced. */
function contentOf({ tls, apiKeyFile }: TemporalSettings): string | undefined {
  const files = [tls?.ca, tls?.client?.cert, tls?.client?.key, apiKeyFile].filter((file) => file !== undefined);
  const hash = createHash('sha256');
  try {
    for (const file of files) hash.update(readFileSync(file)).update('\0');
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

function connectionOptions({ host, tls, apiKey, apiKeyFile }: TemporalSettings): NativeConnectionOptions {
  const key = apiKey ?? (apiKeyFile === undefined ? undefined : readKeyFile(apiKeyFile, { mostReaders: 'group' }));
  return {
    address: /:\d+$/u.test(host) ? host : `${host}:7233`,
    ...(key === undefined ? {} : { apiKey: key }),
    // A key never goes out in clear.
    ...(tls === undefined ? { tls: key !== undefined } : { tls: tlsOptions(tls) }),
  };
}

function tlsOptions({ ca, client, serverName }: NonNullable<TemporalSettings['tls']>) {
  return {
    ...(ca === undefined ? {} : { serverRootCACertificate: readPem(ca) }),
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    ...(client === undefined ? {} : { clientCertPair: { crt: readPem(client.cert), key: readPem(client.key) } }),
  };
}

/** One connection that another one may take the place of, for clients, which keep theirs. */
export interface SwitchedConnection {
  readonly connection: NativeConnection;
  /** Gives the one before. */
  readonly switchTo: (next: NativeConnection) => NativeConnection;
}

/** Begins with `first`. */
export function switchedConnection(first: NativeConnection): SwitchedConnection {
  let current = first;
  // Not `first` itself: a proxy has to tell the truth of what its target holds for good, and some of that is another's by then.
  const target = Object.create(NativeConnection.prototype) as NativeConnection;
  const connection = new Proxy(target, {
    get: (_, key) => {
      const value: unknown = Reflect.get(current, key, current);
      return typeof value === 'function' ? value.bind(current) : value;
    },
    has: (_, key) => Reflect.has(current, key),
  });
  return {
    connection,
    switchTo: (next) => {
      const before = current;
      current = next;
      return before;
    },
  };
}
