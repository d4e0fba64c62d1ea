import { hostname } from 'node:os';
import type { Logger } from 'winston';
import type { Engine } from '../../engine/port.ts';
import { createEngineWork } from '../../engine/temporal/activities.ts';
import { type Agents, createAgents } from '../../engine/temporal/agents.ts';
import { createTemporalEngine } from '../../engine/temporal/engine.ts';
import { FollowedRuns } from '../../engine/temporal/followed-runs.ts';
import { createLostRuns } from '../../engine/temporal/lost-runs.ts';
import { callCodec } from '../../engine/temporal/payloads/codec-endpoint.ts';
import { createDataConverter } from '../../engine/temporal/payloads/data-converter.ts';
import { type PayloadKeys, readPayloadKeys } from '../../engine/temporal/payloads/payload-keys.ts';
import type { RunLogs } from '../../engine/temporal/readings.ts';
import { registerSearchAttributes, registrationCommand } from '../../engine/temporal/register-attributes.ts';
import { keptVersions } from '../../engine/temporal/versions/kept.ts';
import { versionOf } from '../../engine/temporal/versions/version.ts';
import type { RunId } from '../../schemas/index.ts';
import type { ServerConfig } from '../../server/config.ts';
import type { ServerParts } from '../../server/parts.ts';
import { reasonOf } from '../../server/runs/failures.ts';
import type { SharedEngine } from '../../server/runs/shared-engine.ts';
import type { RunPayloads } from '../../storage/payloads/index.ts';
import { openProjection } from '../../storage/projection/index.ts';
import type { Records } from '../../storage/records/port.ts';
import { packageVersion } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { secureRandom } from './agent.ts';
import { quietTemporal } from './agent-runtime.ts';
import { recordsPlace } from './server-records.ts';
import { openWorkflows } from './temporal-bundle.ts';
import { parseQueueKeys, type ServerTemporalSettings } from './temporal-config.ts';
import { linkTemporal, reaching, type TemporalLink } from './temporal-connection.ts';
import { refreshRow } from './temporal-rows.ts';
import { sealTo } from './temporal-secrets.ts';
import { runEngineWorkers } from './temporal-versions.ts';

/** The engine on Temporal, with the worker that carries runs out beside it. */
export interface OpenedTemporal extends AsyncDisposable {
  readonly engine: Engine;
  readonly shared: SharedEngine;
  readonly agents: Agents;
  readonly link: TemporalLink;
  /** Absent: there are no keys. */
  readonly codec?: NonNullable<ServerParts['codec']>;
  /** Resolves where Temporal answers and the worker takes work. */
  check(): Promise<void>;
  /** Resolves when the worker takes work for the first time, or never will. */
  readonly begun: Promise<void>;
}

/** A request waits so long for the first connection, in ms. */
const connectionMs = 5000;

/** Puts it together. Temporal needn't be there yet: it is looked for until it is. */
export async function openTemporal(
  terminal: Terminal,
  parts: {
    readonly settings: ServerTemporalSettings;
    readonly config: Pick<ServerConfig, 'databaseUrl' | 'state'>;
    readonly records: Records;
    readonly logs: RunLogs;
    readonly payloads: RunPayloads;
    readonly log: Logger;
  },
): Promise<OpenedTemporal> {
  const { settings, config, records, logs, payloads, log } = parts;
  await using opening = new AsyncDisposableStack();
  opening.use(quietTemporal(log));
  const { namespace, payloadKeysFile } = settings;
  const file = payloadKeysFile === undefined ? {} : { file: payloadKeysFile };
  const payloadKeys = await readPayloadKeys({ env: terminal.env, ...file });
  const dataConverter = createDataConverter({ namespace, blobs: payloads, keys: payloadKeys, unencrypted: 'refused' });
  const seal = sealTo(await parseQueueKeys(settings));
  const { now } = terminal;
  const projection = opening.use(await openProjection(recordsPlace(config), { now }));
  const identity = `waterflow@${hostname()}/${process.pid}`;
  const link = opening.use(
    linkTemporal(settings, { dataConverter, identity, log, renewed: (next) => worker.reconnect(next) }),
  );
  const { client, connected } = link;
  void makeSearchAttributes(link, { namespace, log });
  const agents = createAgents(client, now);
  const refresh = (run: RunId): Promise<void> => refreshRow(run, { rows: records.runs, projection, now });
  const runs = new FollowedRuns({ projection, logs });
  const work = createEngineWork({
    client,
    projection,
    runs,
    agents,
    changed: ({ run }) => refresh(run),
  });
  const lost = createLostRuns({ client, runs, ...work, now });
  const version = openWorkflows(terminal).then(({ code }) => versionOf(code));
  const kept = keptVersions();
  const release = packageVersion(import.meta.url);
  const worker = opening.use(
    runEngineWorkers({ client, connected, namespace, work, version, kept, release, dataConverter, log, now }),
  );
  const engine = opening.use(
    createTemporalEngine({ client, projection, logs, now, randomBytes: secureRandom.bytes, sealSecrets: seal }),
  );
  // First of all: workers wait for a connection that may never come.
  opening.defer(() => link.leave());
  const running = opening.move();
  return {
    engine: patientEngine(engine, { settings, connected }),
    shared: {
      refresh,
      endLost: (going) => reaching(settings, () => lost.sweep(going)),
      endGone: (run) => reaching(settings, () => lost.end(run)),
    },
    agents,
    link,
    ...(payloadKeys === undefined ? {} : { codec: codecWith(payloadKeys, payloads, namespace) }),
    begun: worker.begun,
    async check() {
      await link.check();
      if (!worker.isRunning) throw new Error('the worker of the engine does not run');
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Where that is for somebody else to do, runs go on without. */
async function makeSearchAttributes(
  { client, connected }: TemporalLink,
  { namespace, log }: { readonly namespace: string; readonly log: Logger },
): Promise<void> {
  try {
    if ((await connected) === undefined) return;
    await registerSearchAttributes(client, namespace);
  } catch (cause) {
    log.warn(
      "the search attributes of runs can't be made: Temporal's own lists don't show what runs are at until somebody does",
      {
        namespace,
        reason: reasonOf(cause),
        remedy: registrationCommand(namespace),
      },
    );
  }
}

function codecWith(keys: PayloadKeys, blobs: RunPayloads, own: string): NonNullable<ServerParts['codec']> {
  return ({ namespace = own, ...call }) => callCodec({ ...call, namespace }, { keys, blobs });
}

/** What asks something of Temporal waits for the first connection for a moment, and says by its code what is worth another try. */
function patientEngine(
  engine: Engine,
  { settings, connected }: { readonly settings: ServerTemporalSettings; readonly connected: Promise<unknown> },
): Engine {
  const asking = async <Result>(action: () => Promise<Result>): Promise<Result> => {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, connectionMs);
    await Promise.race([connected, late]);
    clearTimeout(timer);
    return await reaching(settings, action);
  };
  return {
    ...(engine.seal === undefined ? {} : { seal: engine.seal }),
    start: (request) => asking(() => engine.start(request)),
    resume: (run, secrets, options) => asking(() => engine.resume(run, secrets, options)),
    giveSecrets: (run, secrets) => engine.giveSecrets(run, secrets),
    rerun: (run, request) => asking(() => engine.rerun(run, request)),
    operate: (run, operation) => asking(() => engine.operate(run, operation)),
    info: (run) => engine.info(run),
    inspect: (run) => engine.inspect(run),
    list: () => engine.list(),
    remove: (run) => engine.remove(run),
    readings: engine.readings,
    // The engine itself is closed with what it is made of.
    [Symbol.asyncDispose]: async () => {},
  };
}
