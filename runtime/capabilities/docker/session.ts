import { CallFailure, type CallScope } from '../capability.ts';
import type { Daemon } from './daemon.ts';
import type { ContainerUses } from './demand.ts';
import type { ImageName } from './image-name.ts';
import { isOfRun, makeLabels, makeName, type RunKey } from './labels.ts';
import type { DockerPowers } from './powers.ts';
import { remove, removeBelongings } from './removal.ts';
import { TakenNames } from './taken-names.ts';
import { EngineError } from './wire/errors.ts';

/** A container of the run, as the agent made it; nobody else's is ever touched by a call. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly image: ImageName;
  readonly image_id: string;
  /** As registries know the image. */
  readonly digests: readonly string[];
  readonly uses: ContainerUses;
  /** Of the plugin that made it: no other plugin of the run gets at it. */
  readonly plugin: string;
  /** Secrets whose values its variables hold. */
  readonly secrets: readonly string[];
  /** Volumes that are there for its mounts only. */
  readonly mounts: readonly string[];
  /** Aborted when it is removed, which lets its names go. */
  readonly gone: AbortController;
}

/** What one run has with the daemon, until it ends. */
export interface RunSession {
  readonly daemon: Daemon;
  readonly containers: Map<string, ContainerRecord>;
  /** The value of the build label: of this run on this agent, and nobody guesses it. */
  readonly buildMark: string;
  labels(scope: CallScope, name: string): Record<string, string>;
  /** What containers are called on the run's networks. */
  readonly names: TakenNames;
  /** Room for one more container, which is held while it is made. Throws LIMIT_EXCEEDED where there is none. */
  takeSlot(): Disposable;
  /** The name of the run's own network of that kind, which is made when it is first needed. */
  network(kind: 'run' | 'bridge', scope: CallScope): Promise<string>;
  /** The name of a new network of that kind, beside the run's own. */
  newNetwork(kind: 'run' | 'bridge', scope: CallScope): Promise<string>;
  /** The daemon's name of a volume of the run, which is made when it is first needed. */
  volume(name: string, scope: CallScope): Promise<string>;
  removeVolume(name: string): Promise<void>;
  removeContainer(record: ContainerRecord): Promise<void>;
}

/** Of one run, at a time: more than anybody's services and checks are, and few enough for one machine. */
const mostContainers = 50;
const mostVolumes = 50;

/** How long a container that was told to go may take until the daemon says that it is gone; stopping may be slow. */
export const removeTimeoutMs = 120_000;

/** Finds the session of a call's run, or begins it and has it end with the run. */
export function createSessions(
  connect: (scope: CallScope) => Promise<Daemon>,
  powers: Pick<DockerPowers, 'pause'>,
): (scope: CallScope) => Promise<RunSession> {
  const sessions = new Map<string, RunSession>();
  return async (scope) => {
    const daemon = await connect(scope);
    const key = JSON.stringify([scope.owner.tenant, scope.owner.run]);
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const session = makeSession(daemon, scope);
    sessions.set(key, session);
    scope.atRunEnd('docker', async () => {
      sessions.delete(key);
      await endSession(session, scope, powers);
    });
    return session;
  };
}

async function endSession(session: RunSession, scope: CallScope, powers: Pick<DockerPowers, 'pause'>): Promise<void> {
  for (const { gone } of session.containers.values()) gone.abort();
  session.containers.clear();
  const run: RunKey = { agent: session.daemon.agent, tenant: scope.owner.tenant, run: scope.owner.run };
  const isOver = await removeBelongings(
    session.daemon.engine,
    { owns: (labels) => isOfRun(labels, run), built: (label) => label === session.buildMark },
    powers.pause,
  );
  if (!isOver) throw new EngineError(0, 'containers, networks or volumes of the run could not be removed');
}

function makeSession(daemon: Daemon, { random }: CallScope): RunSession {
  const { engine } = daemon;
  const networks = new Map<string, Promise<string>>();
  const volumes = new Map<string, Promise<string>>();
  const containers = new Map<string, ContainerRecord>();
  let making = 0;
  const labels = (scope: CallScope, name: string): Record<string, string> => makeLabels(scope, daemon.agent, name);
  const newNetwork = async (kind: 'run' | 'bridge', scope: CallScope): Promise<string> => {
    await daemon.reaper();
    const name = makeName(scope.random);
    await engine.ask({ method: 'POST', path: '/networks/create', json: networkBody(kind, name, labels(scope, name)) });
    return name;
  };
  return {
    daemon,
    names: new TakenNames(),
    containers,
    buildMark: `${daemon.agent}#${Buffer.from(random.bytes(16)).toString('hex')}`,
    labels,
    takeSlot() {
      if (containers.size + making >= mostContainers) throw tooMany(`${mostContainers} containers`);
      making += 1;
      return {
        [Symbol.dispose]: () => {
          making -= 1;
        },
      };
    },
    network: (kind, scope) => once(networks, kind, () => newNetwork(kind, scope)),
    newNetwork,
    async volume(given, scope) {
      if (!volumes.has(given) && volumes.size >= mostVolumes) throw tooMany(`${mostVolumes} volumes`);
      return once(volumes, given, async () => {
        await daemon.reaper();
        const name = makeName(scope.random);
        const json = { Name: name, Driver: 'local', DriverOpts: {}, Labels: labels(scope, name) };
        await engine.ask({ method: 'POST', path: '/volumes/create', json });
        return name;
      });
    },
    async removeVolume(given) {
      const name = await volumes.get(given);
      if (name === undefined) throw new CallFailure('NOT_FOUND', `the run has no volume \`${given}\``);
      await engine.ask({ method: 'DELETE', path: `/volumes/${name}` });
      volumes.delete(given);
    },
    async removeContainer(record) {
      await removeRecord(daemon, record);
      containers.delete(record.id);
    },
  };
}

function tooMany(what: string): CallFailure {
  return new CallFailure('LIMIT_EXCEEDED', `the run has ${what} already`, {
    remedy: 'Remove those that it needs no more.',
  });
}

/** Removes the container and what was there for it only. A second call at the same time waits for the same end. */
async function removeRecord({ engine }: Daemon, record: ContainerRecord): Promise<void> {
  record.gone.abort();
  const path = `/containers/${record.id}`;
  if (!(await remove(engine, path, { force: '1', v: '1' }))) {
    // Somebody else is removing it at the moment.
    await engine
      .ask({ method: 'POST', path: `${path}/wait`, query: { condition: 'removed' }, timeout_ms: removeTimeoutMs })
      .catch((cause: unknown) => {
        if (!(cause instanceof EngineError) || cause.status !== 404) throw cause;
      });
  }
  for (const volume of record.mounts) await remove(engine, `/volumes/${volume}`, { force: '1' });
}

function once(known: Map<string, Promise<string>>, key: string, make: () => Promise<string>): Promise<string> {
  const there = known.get(key);
  if (there !== undefined) return there;
  const made = make();
  known.set(key, made);
  // What could not be made is tried again.
  made.catch(() => known.delete(key));
  return made;
}

/**
 * A network of the run's own: on Docker's default one the containers of all runs, and everybody else's, could reach each other. That of
 * kind `run` has no way out, and the machine has no address in it.
 */
function networkBody(kind: 'run' | 'bridge', name: string, labels: Readonly<Record<string, string>>) {
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: kind === 'run',
    Attachable: false,
    Options: kind === 'run' ? { 'com.docker.network.bridge.inhibit_ipv4': 'true' } : {},
    Labels: labels,
  };
}

/** The container that a call names, if this plugin made it in this run. */
export function findContainer(session: RunSession, id: string, scope: Pick<CallScope, 'owner'>): ContainerRecord {
  const record = session.containers.get(id);
  if (record !== undefined && record.plugin === scope.owner.plugin.digest) return record;
  throw new CallFailure('NOT_FOUND', `the plugin started no container ${id.slice(0, 12)}… in this run`, {
    remedy: 'Name the id that `start` answered; it holds until the container is removed or the run ends.',
  });
}
