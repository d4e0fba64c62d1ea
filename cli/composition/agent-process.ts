import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'winston';
import { createQuotas } from '../../agent/quotas/index.ts';
import { payloadsOf } from '../../agent/shipping/payloads.ts';
import { isClosed } from '../../agent/worker/abandoned.ts';
import { giveUp } from '../../agent/worker/hand-back.ts';
import { type AgentReport, newSession } from '../../agent/worker/protocol.ts';
import type { ServedRun } from '../../agent/worker/work.ts';
import { type Agent, startAgent } from '../../agent/worker/worker.ts';
import { createDataConverter } from '../../engine/temporal/payloads/data-converter.ts';
import { readPayloadKeys } from '../../engine/temporal/payloads/payload-keys.ts';
import { readPrivateKeys } from '../../engine/temporal/payloads/queue-keys.ts';
import { openForQueues } from '../../engine/temporal/payloads/run-secrets.ts';
import { names } from '../../engine/temporal/protocol.ts';
import type { RunId } from '../../schemas/index.ts';
import { openS3Objects } from '../../storage/blobs/index.ts';
import { packageVersion } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { dockerHostPathVariable, openExecutor, thisRunner } from './agent.ts';
import { cleanUpAfter, type RememberedClaim } from './agent-claims.ts';
import type { AgentConfig, AgentSettings } from './agent-config.ts';
import { connectTo, followFiles, switchedConnection } from './agent-connection.ts';
import { serveHealth } from './agent-health.ts';
import { reloadable } from './agent-reload.ts';
import { rememberOrTell, untilThereIsRoom } from './agent-room.ts';
import { quietTemporal } from './agent-runtime.ts';
import { type AgentShipping, openShipping } from './agent-shipping.ts';
import { superviseOnDemand } from './agent-supervisor.ts';
import { reportOf } from './plugin-identities.ts';
import { keepVersionsIn } from './plugin-versions.ts';
import { watchPlugins } from './plugin-watch.ts';
import { openPlugins } from './plugins.ts';
import { holdPolicy, openPolicy } from './policy.ts';
import type { Reloaded } from './reload.ts';
import { releaseMemory } from './release-memory.ts';
import { RunVersions } from './run-versions.ts';
import { holdSecrets } from './secrets.ts';
import { lockState } from './server-lock.ts';
import { shippingServer } from './shipping-server.ts';
import { openSupervisor, requireConfinement } from './supervisor.ts';

/** An agent that takes work. */
export interface RunningAgent extends AsyncDisposable {
  readonly agent: Agent;
  /** Resolves when another agent has come under its name. */
  readonly superseded: Promise<'superseded'>;
  /** Takes what can be taken of new settings. Throws WaterflowFailure where they can't hold; then nothing is changed. */
  readonly reload: (next: AgentSettings) => Promise<Reloaded>;
}

/** How often Temporal is told that a step goes on, in ms: so soon a cancellation arrives. */
const heartbeatMs = 500;

/** Temporal has so long to say that it is there, in ms. */
const checkMs = 2500;

/** How often it is asked which runs are over, in ms. */
const sweepMs = 60_000;

/**
 * Starts an agent, once Temporal is reached; undefined where `signal` aborts before. Throws WaterflowFailure with what keeps it from
 * starting; nothing is left open then.
 */
export async function startAgentProcess(
  terminal: Terminal,
  settings: AgentSettings,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<RunningAgent | undefined> {
  const { config } = settings;
  await using opening = new AsyncDisposableStack();
  opening.use(lockState(config.stateDir, { who: 'agent', setting: 'state-dir' }));
  const health = opening.use(serveHealth({ agent: config.name, stateDir: config.stateDir, stopping: signal, log }));
  const surroundings = withSettings(terminal, config);
  const server = config.server === undefined ? undefined : shippingServer(config.server);
  const shipping = opening.use(openShipping(config, { log, server }));
  const temporal = Promise.withResolvers<Client>();
  const versions = new RunVersions(surroundings, keepVersionsIn(surroundings, config.stateDir), async (run) =>
    isClosed(await temporal.promise, run),
  );
  const { report, openRun, renew } = await openWork(surroundings, config, { opening, shipping, versions, log });
  const before = await cleanUpAfter(config.stateDir);
  const payloadKeys = await readPayloadKeys({
    env: terminal.env,
    ...(config.temporal.payloadKeysFile === undefined ? {} : { file: config.temporal.payloadKeysFile }),
  });
  const { namespace } = config.temporal;
  const blobs = server === undefined ? undefined : payloadsOf(server);
  const dataConverter = createDataConverter({ namespace, blobs, keys: payloadKeys, unencrypted: 'refused' });
  // From here on the SDK's own threads keep the process alive.
  opening.use(quietTemporal(log));
  const first = await connectTo(config.temporal, { log, signal });
  if (first === undefined) return undefined;
  const { client, connection, follow, check } = clientOver(first, { config, dataConverter, opening });
  temporal.resolve(client);
  health.connected(check);
  opening.use(sweepNowAndThen(versions));
  await tellJobsOf(before, client, log);
  rememberOrTell(config.stateDir, log)([]);
  const superseded = Promise.withResolvers<'superseded'>();
  const agent = await startAgent({
    connection,
    client,
    namespace,
    dataConverter,
    report: await report(),
    engineQueue: names.engineQueue,
    graceMs: config.graceMs,
    heartbeatMs,
    openExecutor: openRun,
    ship: (task) => shipping.ship(task),
    onClaims: rememberOrTell(config.stateDir, log),
    ready: untilThereIsRoom(config.stateDir, log),
    onSuperseded: () => superseded.resolve('superseded'),
  });
  opening.defer(() => agent.stop('at once'));
  opening.use(follow(agent, log));
  opening.use(await watchPlugins(surroundings, log, async () => agent.tell(await report())));
  const running = opening.move();
  const renewAndTell = async (next: AgentConfig): Promise<readonly string[]> => {
    const files = await renew(next);
    // The server takes workflows by the names that agents have.
    if (files.includes(secretsWord)) await agent.tell(await report());
    return files;
  };
  const reload = reloadable(settings, { log, renew: renewAndTell });
  return { agent, superseded: superseded.promise, reload, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** As what was read again is told. */
const secretsWord = 'the secrets file';

/** The client's connection takes the place of the agent's, and with it whenever that is renewed. */
function clientOver(
  first: NativeConnection,
  {
    config,
    dataConverter,
    opening,
  }: { readonly config: AgentConfig; readonly dataConverter: DataConverter; readonly opening: AsyncDisposableStack },
) {
  const switched = switchedConnection(first);
  opening.defer(() => switched.connection.close());
  const { namespace } = config.temporal;
  return {
    connection: first,
    client: new Client({ connection: switched.connection, namespace, identity: config.name, dataConverter }),
    check: () =>
      switched.connection.withDeadline(Date.now() + checkMs, () =>
        switched.connection.workflowService.describeNamespace({ namespace }),
      ),
    follow: (agent: Agent, log: Logger) =>
      followFiles(config.temporal, {
        log,
        renewed: async (next) => {
          agent.reconnect(next);
          await switched.switchTo(next).close();
        },
      }),
  };
}

/** What the agent is, and how it opens a run. The sandboxes are there for as long as they are needed. */
async function openWork(
  terminal: Terminal,
  config: AgentConfig,
  {
    opening,
    shipping,
    versions,
    log,
  }: {
    readonly opening: AsyncDisposableStack;
    readonly shipping: AgentShipping;
    readonly versions: RunVersions;
    readonly log: Logger;
  },
) {
  const first = openPolicy(terminal, config.policy);
  const ownSecrets = opening.use(holdSecrets(terminal, config.secretsFile, log));
  const readKeys = async ({ queueKeysFile }: AgentConfig) =>
    queueKeysFile === undefined ? [] : await readPrivateKeys(queueKeysFile);
  let queueKeys = await readKeys(config);
  const supervisors = opening.use(superviseOnDemand(() => openSupervisor(terminal), releaseMemory));
  const { supervisor, done } = await supervisors.use();
  requireConfinement(first, supervisor);
  const policy = holdPolicy(terminal, first, async (next) => requireConfinement(next, supervisor));
  const confinement = supervisor.level;
  // Only to know the level.
  done();
  const runner = { ...thisRunner(), name: config.name, labels: config.labels };
  const queues = Object.keys(config.queues);
  const quotas = createQuotas();
  const archiveBucket = config.archives === undefined ? undefined : opening.use(openS3Objects(config.archives));
  const openRun = async ({ run, run_attempt, tenant, plan, secrets }: ServedRun) => {
    const values = await openForQueues(secrets, queueKeys, { run, tenant, queues });
    const used = await supervisors.use();
    const recorded = shipping.record(run);
    const done = (): void => {
      recorded[Symbol.dispose]();
      used.done();
    };
    let taken: RunId | undefined;
    try {
      // As they are when the run comes: it keeps them, whatever becomes of the plugin folder.
      const now = openPlugins(terminal, []);
      const plugins = run_attempt === undefined ? now : await versions.take({ run, attempt: run_attempt, plan }, now);
      if (run_attempt !== undefined) taken = run;
      const executor = openExecutor(terminal, {
        state: config.stateDir,
        runFolder: join(config.stateDir, run),
        policy: policy.current(),
        plugins,
        workflowFolder: undefined,
        secretsNow: () => values,
        provided: ownSecrets.of(tenant),
        supervisor: used.supervisor,
        quotas,
        runner,
        cancelGraceMs: config.cancelGraceMs,
        onAudited: recorded.written,
        ...(archiveBucket === undefined ? {} : { archiveBucket }),
        // The queues' own places count.
        slots: Number.MAX_SAFE_INTEGER,
      });
      return {
        ...executor,
        async [Symbol.asyncDispose]() {
          await executor[Symbol.asyncDispose]();
          if (taken !== undefined) versions.leave(taken);
          done();
        },
      };
    } catch (cause) {
      if (taken !== undefined) versions.leave(taken);
      done();
      throw cause;
    }
  };
  const startedAt = Date.now();
  const session = newSession(startedAt, randomUUID());
  const report = async (): Promise<AgentReport> => ({
    name: config.name,
    session,
    version: packageVersion(import.meta.url),
    os: runner.os,
    arch: runner.arch,
    labels: config.labels,
    confinement,
    queues: config.queues,
    ...(await reportOf(openPlugins(terminal, []))),
    secrets: ownSecrets.reported(),
    started_at: startedAt,
  });
  const renew = async (next: AgentConfig): Promise<readonly string[]> => {
    const keys = await readKeys(next);
    const renewal = await policy.renewal(next.policy);
    const renewedSecrets = ownSecrets.renewal(next.secretsFile);
    const namesOf = (these: typeof keys): string => these.map(({ id }) => id).join();
    const hasNewKeys = namesOf(keys) !== namesOf(queueKeys);
    queueKeys = keys;
    return [
      ...(renewal.take() ? ['the policy'] : []),
      ...(renewedSecrets.take() ? [secretsWord] : []),
      ...(hasNewKeys ? ['the keys of queues'] : []),
    ];
  };
  return { report, openRun, renew };
}

/** What runs have begun with goes once they are over: an agent isn't told of that. */
function sweepNowAndThen(versions: RunVersions): Disposable {
  const sweep = (): void => void versions.sweep().catch(() => {});
  sweep();
  const timer = setInterval(sweep, sweepMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Jobs of an agent that was killed wait for it until they are told that it is a new one. */
async function tellJobsOf(claims: readonly RememberedClaim[], client: Client, log: Logger): Promise<void> {
  if (claims.length === 0) return;
  log.warn('jobs of this agent were cut off when it was killed; they are told', { jobs: claims.length });
  await Promise.allSettled(
    claims.map(({ task }) => giveUp(client, task, 'the agent was killed, and has been started again')),
  );
}

/** What the parts that are shared with other commands read from the environment, as the configuration has it. */
function withSettings(terminal: Terminal, { pluginDir, dockerHostPath }: AgentConfig): Terminal {
  const env = {
    ...terminal.env,
    ...(pluginDir === undefined ? {} : { PLUGIN_DIR: pluginDir }),
    ...(dockerHostPath === undefined ? {} : { [dockerHostPathVariable]: dockerHostPath }),
  };
  return { ...terminal, env };
}
