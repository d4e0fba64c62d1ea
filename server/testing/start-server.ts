import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import winston from 'winston';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { CallRow } from '../../storage/records/port.ts';
import { type AppOptions, createApp } from '../app.ts';
import type { Principal } from '../auth/principal.ts';
import type { ServerConfig, ServerLimits } from '../config.ts';
import type { Route } from '../http/route.ts';
import { untouchedParts } from '../http/untouched-parts.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerClock, ServerParts } from '../parts.ts';

/** What a test wants of its server. */
export interface TestServerOptions {
  /** Made once the parts are there. */
  readonly routes: (parts: ServerParts) => readonly Route[];
  /** Those that the routes use; to touch another one is an error. */
  readonly parts?: Partial<ServerParts> | ((config: ServerConfig) => Partial<ServerParts>);
  readonly config?: Partial<Omit<ServerConfig, 'limits'>>;
  readonly limits?: Partial<ServerLimits>;
  /** Default: everybody is {@link testAdmin}. */
  readonly authenticate?: AppOptions['authenticate'];
  readonly components?: AppOptions['components'];
  /** As people have it: answers aren't checked, and unexpected errors aren't told. */
  readonly production?: true;
}

/** A real server on a port of its own. To dispose of it closes it, and throws if an answer wasn't as its route declares. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly parts: ServerParts;
  /** What was logged, as JSON. */
  readonly logged: readonly Record<string, unknown>[];
  /** Calls that have ended. */
  readonly calls: readonly CallRow[];
  /** Answers that weren't as declared. A test that wants one empties the list. */
  readonly defects: string[];
  close(): Promise<void>;
}

export const testAdmin: Principal = {
  id: 'key_test',
  name: 'test',
  tenant: 'default',
  role: 'admin',
  by: 'configured-key',
};

const testLimits: ServerLimits = {
  bodyBytes: 1024 * 1024,
  requestsPerMinute: 0,
  failuresPerMinute: 0,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  shutdownGraceMs: 2000,
  streams: 100,
  requests: 100,
  queuedRequests: 1000,
  queueTimeoutMs: 10_000,
  queuedRuns: 1000,
};

/** Starts the server over any routes, with a folder of its own for state. */
export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const state = await mkdtemp(join(tmpdir(), 'waterflow-server-'));
  const config = testConfig(state, options);
  const logged: Record<string, unknown>[] = [];
  const calls: CallRow[] = [];
  const defects: string[] = [];
  const given = typeof options.parts === 'function' ? options.parts(config) : (options.parts ?? {});
  const parts: ServerParts = {
    ...untouchedParts(config),
    metrics: silentMetrics,
    log: createLog(logged),
    clock: systemClock,
    ...given,
  };
  const app = createApp(parts, options.routes(parts), {
    authenticate: options.authenticate ?? (() => Promise.resolve(testAdmin)),
    record: (call) => calls.push(call),
    ...(options.production === true ? {} : { onDefect: (defect: string) => defects.push(defect) }),
    ...(options.components === undefined ? {} : { components: options.components }),
  });
  const { url } = await app.listen();
  const close = async (): Promise<void> => {
    await app.close();
    await rm(state, { recursive: true, force: true });
  };
  return {
    url,
    parts,
    logged,
    calls,
    defects,
    close,
    [Symbol.asyncDispose]: async () => {
      await close();
      if (defects.length > 0) throw new Error(`answers that their routes do not declare: ${defects.join('; ')}`);
    },
  };
}

function testConfig(state: string, { config, limits }: TestServerOptions): ServerConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    // mkdtemp gave an absolute path.
    state: state as AbsolutePath,
    trustedProxies: [],
    corsOrigins: [],
    activeRuns: 4,
    keepRunsMs: 24 * 60 * 60 * 1000,
    keepCallsMs: 24 * 60 * 60 * 1000,
    logLevel: 'debug',
    ...config,
    limits: { ...testLimits, ...limits },
  };
}

const systemClock: ServerClock = {
  now: Date.now,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

const silentMetrics: Metrics = {
  call: () => {},
  runSubmitted: () => {},
  runStarted: () => {},
  runEnded: () => {},
  stepEnded: () => {},
  hostCall: () => {},
  sandboxStarted: () => {},
  sandboxKilled: () => {},
  shed: () => {},
  gauge: () => {},
  text: () => Promise.resolve(''),
};

function createLog(logged: Record<string, unknown>[]): winston.Logger {
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      // winston's JSON format writes objects.
      logged.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return winston.createLogger({
    level: 'debug',
    format: winston.format.json(),
    transports: [new winston.transports.Stream({ stream })],
  });
}
