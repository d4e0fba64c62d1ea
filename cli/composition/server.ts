import { dirname, resolve } from 'node:path';
import type { Logger } from 'winston';
import { checkSecrets } from '../../agent/redaction/index.ts';
import type { Policy } from '../../runtime/policy/index.ts';
import type { AbsolutePath, JsonObject, RunId } from '../../schemas/index.ts';
import { createApp } from '../../server/app.ts';
import { createCallRecorder } from '../../server/auth/call-record.ts';
import { assertSafeToStart } from '../../server/auth/safe-start.ts';
import { keepBlobs } from '../../server/blob-retention.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import { createPrometheusMetrics } from '../../server/metrics/prometheus.ts';
import { watchRoom } from '../../server/metrics/state-room.ts';
import type { ServerClock, ServerParts } from '../../server/parts.ts';
import { apiRoutes } from '../../server/routes/all.ts';
import { consoleRoutes } from '../../server/routes/console.ts';
import { countReadiness } from '../../server/routes/health.ts';
import { createSubmissions } from '../../server/runs/create-submissions.ts';
import { createScheduler } from '../../server/schedules/scheduler.ts';
import type { Spans } from '../../server/telemetry/span.ts';
import { runTraceParent, type TracedRun, tracedEngine } from '../../server/telemetry/traced-engine.ts';
import { openBlobs, removeBlobsPutBefore } from '../../storage/blobs/index.ts';
import { openShippedCalls } from '../../storage/calls/index.ts';
import { openShippedLogs, type ShippedLogs } from '../../storage/logs/index.ts';
import { type KeptPayloads, openPayloads } from '../../storage/payloads/index.ts';
import { openRecords } from '../../storage/records/index.ts';
import type { Records, RunRow } from '../../storage/records/port.ts';
import type { Terminal } from '../terminal.ts';
import { secureRandom } from './agent.ts';
import { openConsole } from './console.ts';
import { developedNodes } from './developed-nodes.ts';
import { createKeySetFetch, keySetFetchPowers } from './key-set-fetch.ts';
import { withUpdates } from './plugin-updates.ts';
import { watchPlugins } from './plugin-watch.ts';
import { type HeldPolicy, openPolicy } from './policy.ts';
import type { Reloaded } from './reload.ts';
import { releaseMemory } from './release-memory.ts';
import { eventLoopUse, restWhenQuiet } from './rest-when-quiet.ts';
import { readAuditRecords } from './server-audit-records.ts';
import type { ServerSettings } from './server-config.ts';
import { openEmbedded, openOnTemporal, type ServerEngine } from './server-engine.ts';
import { listenFailure } from './server-failures.ts';
import { readGrantsHere } from './server-grants.ts';
import { countingCalls, readAllHostCalls } from './server-host-calls.ts';
import { lockServerState } from './server-lock.ts';
import { createServerReload } from './server-reload.ts';
import { blobsPlace, recordsPlace, shippedLogsPlace } from './server-records.ts';
import { openTelemetry } from './telemetry.ts';

/** A server that takes requests. To dispose of it is to shut it down in order: runs in progress are left to be resumed. */
export interface RunningServer extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  readonly parts: ServerParts;
  /** Takes what can be taken of new settings. Throws WaterflowFailure where they can't hold; then nothing is changed. */
  readonly reload: (next: ServerSettings) => Promise<Reloaded>;
}

/** Runs that are in other hands take no place here: so many are started at a time, or followed to count what they do. */
const mostStarting = 10_000;

/** Who starts runs of files of this machine. */
export const developerId = 'dev';

/** For a server on which somebody writes workflows and plugins: folders beside workflow files are plugins there. */
export interface Development {
  /** Where `./folder` begins for files that come without a folder of their own. */
  readonly folder: AbsolutePath;
  /** As `--approve` of `waterflow run`. */
  readonly approve: readonly string[];
}

/**
 * Starts a server: its records, the engine (the embedded one with an agent in this process, or that on Temporal), and all that the API is made of. Throws
 * WaterflowFailure with what keeps it from starting; nothing is left open then.
 */
export async function startServer(
  terminal: Terminal,
  settings: ServerSettings & { readonly development?: Development },
  log: Logger,
): Promise<RunningServer> {
  const { config } = settings;
  await using opening = new AsyncDisposableStack();
  opening.use(lockServerState(config.state));
  const records = opening.use(await openRecords(recordsPlace(config)));
  const { warnings } = await assertSafeToStart(config, records);
  for (const warning of warnings) log.warn(warning);

  const metrics = createPrometheusMetrics({ process: true });
  watchRoom(metrics, config.state);
  // First, so that it is closed last: what is closed before makes spans, too.
  const spans = openTelemetry(terminal, { clock: serverClock, log });
  if (spans !== undefined) opening.use(spans);
  const shippedLogs = opening.use(await openShippedLogs(shippedLogsPlace(config)));
  const payloads = opening.use(await openPayloads(recordsPlace(config)));
  const embedded = (): Promise<ServerEngine> => openEmbedded(terminal, { settings, records, metrics, log });
  const opened = opening.use(
    settings.temporal === undefined
      ? await embedded()
      : await openOnTemporal(terminal, {
          ...settings,
          temporal: settings.temporal,
          records,
          shippedLogs,
          payloads,
          log,
        }),
  );
  opening.use(await watchPlugins(terminal, log));
  const parts = await openParts(terminal, {
    settings,
    records,
    opened,
    shippedLogs,
    payloads,
    metrics,
    spans,
    log,
    opening,
  });
  countReadiness(parts);
  const recorder = opening.use(createCallRecorder(records, log, serverClock));
  const fetchKeySet = createKeySetFetch(keySetFetchPowers(terminal.env));
  const reload = createServerReload(settings, {
    log,
    authenticator: { ...parts, fetchKeySet },
    ...(opened.policy === undefined ? {} : { policy: opened.policy }),
  });
  const app = createApp(parts, [...apiRoutes(parts), ...consoleRoutes(openConsole(log))], {
    authenticate: reload.authenticate,
    record: (call) => recorder.record(call),
  });
  const scheduler = opening.use(createScheduler(parts));
  const { url } = await app.listen().catch((cause: unknown) => {
    throw listenFailure(config, cause);
  });
  opening.defer(() => app.close());
  await parts.submissions.begin();
  scheduler.begin();
  opening.use(
    restWhenQuiet(eventLoopUse(), () => {
      parts.submissions.rest();
      releaseMemory();
    }),
  );
  const running = opening.move();
  return { url, parts, reload: (next) => reload.take(next, app), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function openParts(
  terminal: Terminal,
  made: {
    readonly settings: ServerSettings & { readonly development?: Development };
    readonly records: Records;
    readonly opened: ServerEngine;
    readonly shippedLogs: ShippedLogs;
    readonly payloads: KeptPayloads;
    readonly metrics: Metrics;
    readonly spans: Spans | undefined;
    readonly log: Logger;
    readonly opening: AsyncDisposableStack;
  },
): Promise<ServerParts> {
  const { settings, records, opened, shippedLogs, payloads, metrics, spans, log, opening } = made;
  const { config, development } = settings;
  const engine = spans === undefined ? opened.engine : tracedEngine(opened.engine, { spans, runOf: tracedIn(records) });
  const installed = withUpdates(opened.catalogue);
  const catalogue =
    development === undefined ? installed : { ...installed, nodes: developedNodes(terminal, development.folder) };
  const shippedCalls = countingCalls(opening.use(await openShippedCalls(recordsPlace(config))), metrics);
  const submissions = opening.use(
    createSubmissions({
      config: opened.shared === undefined ? config : { ...config, activeRuns: mostStarting },
      engine,
      ...(opened.shared === undefined ? {} : { shared: opened.shared }),
      records,
      nodes: catalogue.nodes,
      nodesFrom: catalogue.nodesFrom,
      ...(catalogue.renewNodes === undefined ? {} : { renewNodes: catalogue.renewNodes }),
      log,
      metrics,
      clock: serverClock,
      randomBytes: secureRandom.bytes,
      settingsOf: (row) => ({
        ...opened.settings,
        ...folderOf(row, terminal, development),
        ...traceOf(row, spans),
      }),
      secretsProblem: checkSecrets,
      async removeRest(run) {
        for (const each of [shippedLogs, shippedCalls, payloads]) await each.remove(run);
      },
    }),
  );
  const place = blobsPlace(config);
  const blobs = opening.use(await openBlobs(place));
  // Of a bucket a rule of its own removes them.
  if ('folder' in place) {
    const removePutBefore = (at: number) => removeBlobsPutBefore(place.folder, at);
    const oldestRun = () => records.runs.oldest();
    opening.use(keepBlobs({ removePutBefore, oldestRun, keepMs: config.keepRunsMs, clock: serverClock, log }));
  }
  return {
    config,
    engine,
    ...(opened.check === undefined ? {} : { checkEngine: opened.check }),
    ...(opened.codec === undefined ? {} : { codec: opened.codec }),
    records,
    submissions,
    catalogue,
    hostCalls: readAllHostCalls(config.state, shippedCalls),
    auditRecords: readAuditRecords(config.state, shippedCalls),
    ...(opened.policy === undefined
      ? {}
      : {
          grants: readGrantsHere(terminal, {
            policy: policyOf(terminal, { held: opened.policy, development }),
            approve: development?.approve ?? [],
            // Without a developer no plugin lies beside a file: this leads to none.
            workflowFolder: (row) => folderOf(row, terminal, development).workflow_folder ?? config.state,
          }),
        }),
    shippedLogs,
    shippedCalls,
    payloads,
    blobs,
    metrics,
    ...(spans === undefined ? {} : { spans }),
    log,
    clock: serverClock,
  };
}

/** What steps may do is said by the policy that holds for runs which begin now. */
function policyOf(
  terminal: Terminal,
  { held, development }: { readonly held: HeldPolicy; readonly development: Development | undefined },
): () => Policy {
  return development === undefined ? held.current : () => openPolicy(terminal, held.current().file);
}

/** The trace that a run belongs to, for its steps: what started it, or its own span where spans are made. */
function traceOf({ run, origin: { traceparent } }: RunRow, spans: Spans | undefined): JsonObject {
  if (spans !== undefined) return { traceparent: runTraceParent(run, traceparent) };
  return traceparent === undefined ? {} : { traceparent };
}

function tracedIn({ runs }: Records): (run: RunId) => Promise<TracedRun | undefined> {
  return async (run) => {
    const row = await runs.get(run);
    if (row === undefined) return undefined;
    const { traceparent } = row.origin;
    return { tenant: row.tenant, ...(traceparent === undefined ? {} : { traceparent }) };
  };
}

/** Where `./folder` begins for a run: the folder of a file that was named on this machine, else that of the developer. */
function folderOf(
  { file, origin }: RunRow,
  { cwd }: Terminal,
  development: Development | undefined,
): { readonly workflow_folder?: AbsolutePath } {
  if (development === undefined) return {};
  // resolve() gives an absolute path.
  const ofFile = (): AbsolutePath => dirname(resolve(cwd, file)) as AbsolutePath;
  return { workflow_folder: origin.id === developerId ? ofFile() : development.folder };
}

/** The machine's own clock. No timer of it keeps the process alive. */
const serverClock: ServerClock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};
