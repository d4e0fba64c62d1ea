import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallScope } from '../capability.ts';
import { agentLabel } from './labels.ts';
import { currentOwner, formatOwner, type Owner, parseOwner, stateOfOwner } from './owner.ts';
import type { DockerPowers } from './powers.ts';
import { type Reaper, startReaper } from './reaper.ts';
import { removeOnce } from './removal.ts';
import { integerOf, objectOf } from './wire/answers.ts';
import { connectEngine, type Engine } from './wire/client.ts';
import { EngineError } from './wire/errors.ts';
import { socketPath } from './wire/socket-path.ts';

/** The daemon that this agent works with. */
export interface Daemon {
  readonly engine: Engine;
  /** The agent, as it stands in labels. */
  readonly agent: string;
  readonly processors: number;
  /** Whether it sees this agent's processes as the agent does: only then do paths of /proc mean the same to both. */
  readonly isHere: boolean;
  /** Whether it sees the agent's state where the operator says that it does. */
  readonly seesState: boolean;
  /** Runs from now on, and again where it ended. */
  reaper(): Promise<Reaper>;
}

type ProbeScope = Pick<CallScope, 'temp' | 'random' | 'daemonPath'>;

/** What a daemon answers where it can mount what it is asked to but has no such image, and where it can't mount it. */
const noSuchImage = 404;
const noSuchMount = 400;

/** Connects at the first use of docker, and removes what agents left that are no longer. Failing that, the next use tries again. */
export function createDaemon(powers: DockerPowers): (scope: ProbeScope) => Promise<Daemon> {
  let connected: Promise<Daemon> | undefined;
  return (scope) => {
    connected ??= connect(powers, scope);
    connected.catch(() => {
      connected = undefined;
    });
    return connected;
  };
}

async function connect(powers: DockerPowers, scope: ProbeScope): Promise<Daemon> {
  const socket = socketPath(powers.environment);
  const owner = await currentOwner();
  const agent = formatOwner(owner);
  const engine = await connectEngine(socket);
  const processors = integerOf(objectOf(await engine.ask({ method: 'GET', path: '/info' }), 'info')['NCPU'], 'NCPU');
  const isHere = await seesOurProcesses(engine, scope);
  const seesState = !isHere && (await seesOurState(engine, scope));
  if (isHere) await sweep(engine, owner);
  let reaper: Promise<Reaper> | undefined;
  const daemon: Daemon = {
    engine,
    agent,
    processors,
    isHere,
    seesState,
    reaper() {
      const forget = (): void => {
        reaper = undefined;
      };
      reaper ??= startReaper(powers, { socket, agent }, forget);
      reaper.catch(forget);
      return reaper;
    },
  };
  return daemon;
}

/** What agents left whose process is gone, whatever became of their reapers. */
async function sweep(engine: Engine, self: Owner): Promise<void> {
  const isGone = async (text: string | undefined): Promise<boolean> => {
    const owner = text === undefined ? undefined : parseOwner(text);
    return owner !== undefined && (await stateOfOwner(owner, self)) === 'gone';
  };
  await removeOnce(engine, {
    owns: (labels) => isGone(labels[agentLabel]),
    built: (label) => isGone(label.split('#', 1)[0]),
  });
}

/**
 * Whether the daemon runs on this machine and in the agent's PID namespace. A file of a random name is shown to it by a path through
 * one of the agent's descriptors, in a container that can't come about, since its image is none: whether the mount is what it
 * objects to first tells whether it saw the file.
 */
async function seesOurProcesses(engine: Engine, scope: ProbeScope): Promise<boolean> {
  const folder = await mkdtemp(join(scope.temp(), 'docker-'));
  try {
    const name = Buffer.from(scope.random.bytes(16)).toString('hex');
    await writeFile(join(folder, name), '');
    await using handle = await open(folder, 'r');
    return await sees(engine, `/proc/${process.pid}/fd/${handle.fd}`, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same by the path at which the daemon is said to see the agent's state. */
async function seesOurState(engine: Engine, { temp, random, daemonPath }: ProbeScope): Promise<boolean> {
  if (daemonPath === undefined) return false;
  const own = temp();
  const name = Buffer.from(random.bytes(16)).toString('hex');
  await writeFile(join(own, name), '');
  try {
    return await sees(engine, daemonPath(own), name);
  } finally {
    await rm(join(own, name), { force: true });
  }
}

/** Whether it sees a file in a folder, and none that isn't there. */
async function sees(engine: Engine, folder: string, name: string): Promise<boolean> {
  return (
    (await answerToMount(engine, `${folder}/${name}`)) === noSuchImage &&
    (await answerToMount(engine, `${folder}/not-${name}`)) === noSuchMount
  );
}

async function answerToMount(engine: Engine, source: string): Promise<number> {
  const mount = { Type: 'bind', Source: source, Target: '/probe', ReadOnly: true };
  try {
    await engine.ask({
      method: 'POST',
      path: '/containers/create',
      json: { Image: 'waterflow.invalid/no/such/image:probe', HostConfig: { Mounts: [mount] } },
    });
    return 0;
  } catch (cause) {
    if (cause instanceof EngineError) return cause.status;
    throw cause;
  }
}
