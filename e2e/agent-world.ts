/** A Temporal of a test's own with the engine beside it, and agents as their operators start them: `waterflow agent`, processes of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect } from 'vitest';
import type { AgentPresence } from '../agent/worker/protocol.ts';
import { secureRandom } from '../cli/composition/agent.ts';
import { openPlugins } from '../cli/composition/plugins.ts';
import { processTerminal } from '../cli/terminal.ts';
import { compile } from '../dsl/index.ts';
import type { Engine, RunHandle, RunSummary } from '../engine/port.ts';
import { createEngineWork } from '../engine/temporal/activities.ts';
import { type Agents, createAgents } from '../engine/temporal/agents.ts';
import { createTemporalEngine } from '../engine/temporal/engine.ts';
import { FollowedRuns } from '../engine/temporal/followed-runs.ts';
import type { PublicQueueKey } from '../engine/temporal/payloads/queue-keys.ts';
import { sealForQueues } from '../engine/temporal/payloads/run-secrets.ts';
import { MemoryLogs } from '../engine/temporal/testing/memory-logs.ts';
import { startTemporal, type TestTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { bundleWorkflows, createEngineWorker } from '../engine/temporal/worker.ts';
import type { Plan } from '../schemas/index.ts';
import { openProjection } from '../storage/projection/index.ts';
import { folderWith, type RunningCommand, start } from './command.ts';

/** How a run is started. */
export interface TestRun {
  readonly secrets?: Readonly<Record<string, string>>;
  /** Shorter than a workflow file may say, in ms. */
  readonly lostAfterMs?: number;
}

/** What tests of agents have. */
export interface AgentWorld extends AsyncDisposable {
  readonly temporal: TestTemporal;
  readonly engine: Engine;
  readonly agents: Agents;
  /** Starts a run of a workflow file's text. */
  readonly run: (workflow: string, options?: TestRun) => Promise<RunHandle>;
}

/** Brings it up, in `folder`. Secrets are sealed to the keys of their queues. */
export async function openAgentWorld(
  folder: string,
  keys: ReadonlyMap<string, readonly PublicQueueKey[]> = new Map(),
): Promise<AgentWorld> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const opened = new AsyncDisposableStack();
  const temporal = opened.use(await startTemporal());
  const connection = await Connection.connect({ address: temporal.address });
  opened.defer(() => connection.close());
  const client = new Client({ connection });
  const projection = opened.use(await openProjection({ file: join(folder, 'projection.sqlite') }));
  const logs = new MemoryLogs();
  const agents = createAgents(client, Date.now);
  const native = await NativeConnection.connect({ address: temporal.address });
  opened.defer(() => native.close());
  const runs = new FollowedRuns({ projection, logs });
  const work = createEngineWork({ client, projection, runs, agents, changed: async () => {} });
  const workflows = await bundleWorkflows();
  const leaving = new AbortController();
  const parts = { connection: native, namespace: 'default', client, ...work, workflows, leaving: leaving.signal };
  const worker = await createEngineWorker(parts);
  const working = worker.run();
  opened.defer(async () => {
    leaving.abort();
    worker.shutdown();
    await working;
  });
  const engine = opened.use(
    createTemporalEngine({
      client,
      projection,
      logs,
      now: Date.now,
      randomBytes: secureRandom.bytes,
      sealSecrets: (request) => sealForQueues(request.secrets, keys, request),
    }),
  );
  return {
    temporal,
    engine,
    agents,
    run: (workflow, { secrets = {}, lostAfterMs } = {}) =>
      engine.start({
        plan: withLostAfter(planOf(workflow), lostAfterMs),
        tenant: 'default',
        inputs: {},
        vars: {},
        secrets,
        settings: {},
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function withLostAfter(plan: Plan, ms: number | undefined): Plan {
  if (ms === undefined) return plan;
  // It is a plan but for that.
  return JSON.parse(JSON.stringify(plan).replaceAll(/"lost_after_ms":\d+/gu, `"lost_after_ms":${ms}`)) as Plan;
}

function planOf(workflow: string): Plan {
  const catalogue = openPlugins(processTerminal(process), []).nodes(undefined);
  const { plan, diagnostics } = compile(workflow, { file: 'workflow.yml', catalogue });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

/** An agent as a process. */
export interface AgentProcess {
  readonly name: string;
  readonly state: string;
  readonly process: RunningCommand;
}

/** Starts an agent on the queue `work`, and waits until it takes jobs. */
export async function startAgentOf(
  world: Pick<AgentWorld, 'temporal'>,
  options: {
    readonly name: string;
    readonly state?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly argv?: readonly string[];
  },
): Promise<AgentProcess> {
  const { name, env = {}, argv = [] } = options;
  const state = options.state ?? folderWith({});
  const process = start(['agent', '--name', name, '--task-queues', 'work=2', '--state', state, ...argv], {
    cwd: state,
    env: { TEMPORAL_HOST: world.temporal.address, ...env },
  });
  await process.complaining('takes jobs');
  return { name, state, process };
}

/** Resolves when an agent is in that state for whoever lists agents. */
export async function presenceOf({ agents }: AgentWorld, name: string, state: AgentPresence['state']): Promise<void> {
  const shown = async (): Promise<string | undefined> => (await agents.list()).find((one) => one.name === name)?.state;
  await expect.poll(shown).toBe(state);
}

/** How a run ended. */
export async function endOf(handle: RunHandle): Promise<RunSummary> {
  for await (const _notice of handle.notices);
  return await handle.finished;
}

/** What the tests of a suite share, once they run. */
export interface SuiteWorld {
  readonly world: AgentWorld;
  /** Goes with the suite. */
  readonly folder: string;
}

/** Opens a world in a folder of its own before a suite's tests, and closes it after them; does nothing where the suite is skipped. */
export function worldOfSuite(queueKeys?: () => Promise<Parameters<typeof openAgentWorld>[1]>): () => SuiteWorld {
  let opened: SuiteWorld | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-agent-'));
    opened = { world: await openAgentWorld(folder, await queueKeys?.()), folder };
  }, 60_000);
  afterAll(async () => {
    if (opened === undefined) return;
    await opened.world[Symbol.asyncDispose]();
    rmSync(opened.folder, { recursive: true, force: true });
  });
  return () => {
    if (opened === undefined) throw new Error('the world of a suite is there for its tests alone');
    return opened;
  };
}
