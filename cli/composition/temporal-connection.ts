import { Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'winston';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { TemporalSettings } from './temporal-settings.ts';
import { connectTo, followFiles, requireFiles, switchedConnection } from './agent-connection.ts';

/** A connection to Temporal that is made and renewed beside whatever else goes on. */
export interface TemporalLink extends AsyncDisposable {
  /** SERVER_UNAVAILABLE is thrown by whatever is asked of it before there is a connection. */
  readonly client: Client;
  /** Resolves with the first connection; undefined where this process leaves before. */
  readonly connected: Promise<NativeConnection | undefined>;
  /** Resolves where Temporal answers. */
  check(): Promise<void>;
  /** Looks for Temporal no more: whoever waits for the first connection gets none. */
  leave(): void;
}

/** A question that only asks whether Temporal is there waits so long, in ms. */
const checkMs = 1500;

/** Begins to connect. `renewed`: told of each connection that takes the place of the one before, before that is closed. */
export function linkTemporal(
  settings: TemporalSettings,
  options: {
    readonly dataConverter: DataConverter;
    readonly identity: string;
    readonly log: Logger;
    readonly renewed: (connection: NativeConnection) => void;
  },
): TemporalLink {
  const { namespace } = settings;
  const { dataConverter, identity, log, renewed } = options;
  requireFiles(settings);
  const leaving = new AbortController();
  const opened = new AsyncDisposableStack();
  let client: Client | undefined;
  const connect = async (): Promise<NativeConnection | undefined> => {
    const first = await connectTo(settings, { log, signal: leaving.signal });
    if (first === undefined) return undefined;
    const switched = switchedConnection(first);
    opened.defer(() => switched.connection.close());
    const replace = async (next: NativeConnection): Promise<void> => {
      renewed(next);
      await switched.switchTo(next).close();
    };
    opened.use(followFiles(settings, { log, renewed: replace }));
    client = new Client({ connection: switched.connection, namespace, identity, dataConverter });
    return first;
  };
  const connected = connect();
  // Whoever waits for it hears of it.
  connected.catch(() => {});
  return {
    client: late(() => client ?? notConnected(settings)),
    connected,
    async check() {
      const { connection } = client ?? notConnected(settings);
      await connection.withDeadline(Date.now() + checkMs, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    },
    leave: () => leaving.abort(),
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await connected.catch(() => {});
      await opened.disposeAsync();
    },
  };
}

/** What is there when somebody asks for it. */
function late(get: () => Client): Client {
  // Whatever is asked of it is asked of the client itself.
  return new Proxy({} as Client, { get: (_, key) => Reflect.get(get(), key) as unknown });
}

function notConnected({ host }: TemporalSettings): never {
  throw unavailable(host, 'there is no connection yet');
}

/** What Temporal can't do at the moment, as SERVER_UNAVAILABLE: it is worth another try. Anything else is thrown as it is. */
export async function reaching<Result>({ host }: TemporalSettings, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    const service = cause instanceof ServiceError ? cause.cause : cause;
    if (!isGrpcServiceError(service)) throw cause;
    const code: number = service.code;
    if (code === invalidArgument) throw cause;
    throw unavailable(host, service.details || service.message, cause);
  }
}

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const invalidArgument = 3;

function unavailable(host: string, reason: string, cause?: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'SERVER_UNAVAILABLE',
      message: `Temporal (${host}) does not do what is asked of it: ${reason}`,
      remedy:
        'Try again soon. The log of the server says more; `temporal` in its configuration says where Temporal is.',
    },
    { cause },
  );
}
