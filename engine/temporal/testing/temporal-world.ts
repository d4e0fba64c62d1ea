import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, Connection, Client as TemporalClient } from '@temporalio/client';
import { NativeConnection, type Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Agent } from '../../../agent/worker/worker.ts';
import { WaterflowFailure } from '../../../schemas/index.ts';
import { openProjection } from '../../../storage/projection/index.ts';
import type { Projection } from '../../../storage/projection/port.ts';
import { World } from '../../contract/world.ts';
import type { Engine } from '../../port.ts';
import { createEngineWork } from '../activities.ts';
import { createAgents } from '../agents.ts';
import { createTemporalEngine } from '../engine.ts';
import { FollowedRuns } from '../followed-runs.ts';
import type { WorkflowVersion } from '../versions/version.ts';
import { createEngineWorker } from '../worker.ts';
import { MemoryLogs } from './memory-logs.ts';
import { mortalWorker } from './mortal.ts';
import { scaledClock } from './scaled-clock.ts';
import { timeScale } from './scaled-time.ts';
import { startScriptedAgent } from './scripted-agent.ts';

/** Where a world lies. */
interface Place {
  readonly address: string;
  readonly namespace: string;
  readonly workflows: WorkflowBundle;
}

/** An agent of a test. */
type GivenAgent = Pick<Parameters<typeof startScriptedAgent>[1], 'name' | 'jobs' | 'onSuperseded'>;

/** What the tests of this machine may take longer than the times that they ask for, in ms: tasks go through Temporal. */
const slackMs = 8000;

/** How much earlier than asked for a timer may end, in ms of the machine. */
const timersMs = 2;

/** A world whose runs go on in Temporal, whichever engines are open. */
export class TemporalWorld extends World {
  override readonly isExact: boolean = false;
  override readonly longMs: number = 5 * 60_000;
  readonly logs: MemoryLogs = new MemoryLogs();
  /** Storage can't be reached while this is set. */
  isStorageAway = false;
  readonly #place: Place;
  readonly #disposed: AsyncDisposableStack = new AsyncDisposableStack();
  #client: Promise<Client> | undefined;
  #worker: AsyncDisposable | undefined;

  constructor(place: Place) {
    super(scaledClock);
    this.#place = place;
  }

  /** The first one brings up what runs need: a worker of the engine, and an agent for each host. */
  async openEngine(bytes: (length: number) => Uint8Array): Promise<Engine> {
    const client = await this.client();
    const { logs } = this;
    const engine = createTemporalEngine({
      client,
      projection: await this.#openProjection(),
      logs,
      now: () => this.clock.now(),
      randomBytes: bytes,
      sealSecrets: async ({ secrets }) => secrets,
    });
    this.#disposed.use(engine);
    return engine;
  }

  /** A further connection to storage. */
  projection(): Promise<Projection> {
    return this.#openProjection();
  }

  get workflows(): WorkflowBundle {
    return this.#place.workflows;
  }

  /** Of the world's namespace. */
  client(): Promise<Client> {
    this.#client ??= this.#begin();
    return this.#client;
  }

  /** Ends the worker of the engine, and brings up another one: workflows are replayed there. `between` is done while there is none. */
  async replaceWorker(between: () => Promise<void> = async () => {}): Promise<void> {
    const client = await this.client();
    await this.#worker?.[Symbol.asyncDispose]();
    await between();
    this.#worker = await this.#startWorker(client);
  }

  /** A worker in a process of its own that dies once storage has the end of a step; resolves with what it died of. */
  async mortalWorker(): Promise<unknown> {
    const { address, namespace, workflows } = this.#place;
    const workflowsFile = join(this.root, 'workflows.cjs');
    writeFileSync(workflowsFile, workflows.code);
    return await mortalWorker({ address, namespace, workflowsFile, projectionFile: this.#projectionFile });
  }

  /** Starts a further agent. */
  async startAgent(given: GivenAgent): Promise<Agent> {
    return await this.#startAgent(await this.client(), given);
  }

  /** Starts a further worker, of a version of the workflows. */
  async startVersion({ id, code }: WorkflowVersion): Promise<AsyncDisposable> {
    return await this.#startWorker(await this.client(), { version: id, workflows: { code } });
  }

  override lasts(ms: number): unknown {
    return between(ms - timersMs * timeScale, ms + slackMs * timeScale);
  }

  override lastsAbout(ms: number): unknown {
    return between(ms - slackMs * timeScale, ms + slackMs * timeScale);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposed.disposeAsync();
    this[Symbol.dispose]();
  }

  async #begin(): Promise<Client> {
    const connection = await Connection.connect({ address: this.#place.address });
    this.#disposed.defer(() => connection.close());
    const client = new TemporalClient({ connection, namespace: this.#place.namespace });
    this.#disposed.defer(() => this.#worker?.[Symbol.asyncDispose]());
    this.#worker = await this.#startWorker(client);
    const agents = createAgents(client, Date.now);
    for (const name of new Set(this.hosts)) {
      await this.#startAgent(client, { name });
    }
    while ((await agents.list()).length < new Set(this.hosts).size) await scaledClock.pass(5000);
    return client;
  }

  async #startAgent(client: Client, given: GivenAgent): Promise<Agent> {
    const { namespace } = this.#place;
    const agent = await startScriptedAgent(this, { ...given, connection: await this.#connect(), client, namespace });
    this.#disposed.defer(() => agent.stop());
    return agent;
  }

  async #startWorker(
    client: Client,
    given: { readonly version?: string; readonly workflows?: WorkflowBundle } = {},
  ): Promise<AsyncDisposable> {
    const { namespace } = this.#place;
    const { workflows } = { ...this.#place, ...given };
    const projection = await openProjection({ file: this.#projectionFile });
    const work = createEngineWork({
      client,
      projection,
      runs: new FollowedRuns({ projection, logs: this.logs }),
      agents: createAgents(client, Date.now),
      changed: async () => {},
    });
    const leaving = new AbortController();
    const connection = await NativeConnection.connect({ address: this.#place.address });
    const { activities } = work;
    const keep: typeof work.keep = (events) => (this.isStorageAway ? Promise.reject(storageAway()) : work.keep(events));
    const parts = { connection, namespace, client, activities, keep, ...given, workflows, leaving: leaving.signal };
    return running(await createEngineWorker(parts), { connection, projection, leaving });
  }

  async #connect(): Promise<NativeConnection> {
    const connection = await NativeConnection.connect({ address: this.#place.address });
    this.#disposed.defer(() => connection.close());
    return connection;
  }

  async #openProjection(): Promise<Projection> {
    return this.#disposed.use(await openProjection({ file: this.#projectionFile }));
  }

  get #projectionFile(): string {
    return join(this.root, 'projection.sqlite');
  }
}

function storageAway(): WaterflowFailure {
  return new WaterflowFailure({ code: 'STORAGE_FAILED', message: 'the database is away', remedy: 'Wait.' });
}

/** Disposed of, it ends; what it needs stays until then. */
function running(
  worker: Worker,
  {
    connection,
    projection,
    leaving,
  }: { readonly connection: NativeConnection; readonly projection: Projection; readonly leaving: AbortController },
): AsyncDisposable {
  const stopped = worker.run();
  // Whoever disposes of it hears of it.
  stopped.catch(() => {});
  const end = async (): Promise<void> => {
    leaving.abort();
    worker.shutdown();
    await stopped;
    await projection[Symbol.asyncDispose]();
    await connection.close();
  };
  let ended: Promise<void> | undefined;
  // Who replaces it and who ends the world may come at the same time.
  return { [Symbol.asyncDispose]: () => (ended ??= end()) };
}

/** Vitest knows a matcher by its method. */
function between(least: number, most: number): unknown {
  return {
    asymmetricMatch: (took: unknown) => typeof took === 'number' && took >= least && took <= most,
    toString: () => `${least} to ${most}`,
  };
}
