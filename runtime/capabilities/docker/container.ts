import { stat } from 'node:fs/promises';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { isPlainAbsolutePath } from '../exec/rule.ts';
import type { MountArgs, StartArgs } from './call.ts';
import { containerBody, type MountSpec } from './container-body.ts';
import type { Logins } from './credentials.ts';
import { requireUncancelled, within } from './deadline.ts';
import { usesOf } from './demands-of-calls.ts';
import { type LocalImage, requireImage, requireImageName } from './image.ts';
import { formatImageName, type ImageName } from './image-name.ts';
import { makeName } from './labels.ts';
import { remove } from './removal.ts';
import type { DockerEffective, DockerLimits } from './rule.ts';
import { Revealer } from './secrets.ts';
import type { ContainerRecord, RunSession } from './session.ts';
import { objectOf, textOf } from './wire/answers.ts';
import { EngineError } from './wire/errors.ts';
import { requireFolder, shareFolder } from './workspace-volume.ts';

/** A call that makes a container. */
export interface Making {
  readonly authorized: Authorized<StartArgs, DockerEffective>;
  readonly scope: CallScope;
  readonly session: RunSession;
  readonly logins: Logins;
  readonly life: 'attached' | 'detached';
  readonly stdin: 'open' | 'none';
  /** A network of the run's that isn't its usual one of that kind, and what the container is called in it. */
  readonly joins?: { readonly network: string; readonly aliases: readonly string[] };
}

/** A container that was made and not started yet. */
export interface Made {
  readonly record: ContainerRecord;
  readonly limits: DockerLimits;
  /** Lets go of the folders once the daemon has them. */
  start(): Promise<void>;
  /**
   * Lets go of the folders, after a start that failed: only when the container is gone. Until then the daemon may still look at the
   * numbers of their descriptors, which must not mean anything else.
   */
  letGo(): void;
}

/** A daemon whose storage copies whole images takes its time. */
const makeTimeoutMs = 300_000;

/** Makes the container, from the image to its folders. What failed leaves nothing behind. */
export async function makeContainer(making: Making): Promise<Made> {
  const { authorized, scope, session, logins } = making;
  const { args, effective } = authorized;
  requireUncancelled(scope);
  requireTargets(args);
  using _slot = session.takeSlot();
  const limits = limitsOf(args, effective.limits);
  const name = requireImageName(args.image);
  const { engine } = session.daemon;
  const image = await requireImage(name, args.pull ?? 'missing', {
    engine,
    logins,
    scope,
    timeout_ms: limits.time_ms,
    asking: authorized,
  });
  const held = new DisposableStack();
  const mounts: MountSpec[] = [];
  try {
    for (const mount of args.mounts ?? []) mounts.push(await mountOf(mount, { making, held }));
    const record = await create({ making, name, image, mounts, limits });
    return {
      record,
      limits,
      letGo: () => held.dispose(),
      async start() {
        await within(scope, {
          doing: 'starting the container',
          timeout_ms: makeTimeoutMs,
          // Not called off halfway: it is removed when it is over.
          act: () => engine.ask({ method: 'POST', path: `/containers/${record.id}/start`, timeout_ms: makeTimeoutMs }),
        });
        held.dispose();
        requireUncancelled(scope);
      },
    };
  } catch (cause) {
    held.dispose();
    for (const { volume, of } of mounts) if (of === 'workspace') await remove(engine, `/volumes/${volume}`);
    throw cause;
  }
}

async function mountOf(
  mount: MountArgs,
  { making, held }: { readonly making: Making; readonly held: DisposableStack },
): Promise<MountSpec> {
  const { authorized, session, scope } = making;
  const { target, access = 'read' } = mount;
  if ('volume' in mount) {
    const volume = await session.volume(mount.volume, scope);
    return { volume, target, access, of: 'run', labels: session.labels(scope, volume) };
  }
  requireFolder(authorized, { path: mount.path, access }, scope.random);
  const { volume } = held.use(await shareFolder(mount.path, { session, scope }));
  return { volume, target, access, of: 'workspace', labels: session.labels(scope, volume) };
}

interface Creation {
  readonly making: Making;
  readonly name: ImageName;
  readonly image: LocalImage;
  readonly mounts: readonly MountSpec[];
  readonly limits: DockerLimits;
}

async function create({ making, name: imageName, image, mounts, limits }: Creation): Promise<ContainerRecord> {
  const { authorized, scope, session, life, stdin } = making;
  const { args, effective } = authorized;
  const { daemon } = session;
  const secrets = new Revealer(effective, scope);
  const kind = args.network ?? 'none';
  const network = making.joins?.network ?? (kind === 'none' ? undefined : await session.network(kind, scope));
  const name = makeName(scope.random);
  const aliases = making.joins?.aliases ?? (args.name === undefined ? [] : [args.name]);
  const plugin = scope.owner.plugin.digest;
  const body = containerBody({
    image_id: image.id,
    args,
    environment: secrets.environment(args.env),
    user: await workspaceUser(scope),
    labels: session.labels(scope, name),
    mounts,
    network,
    aliases,
    limits,
    processors: daemon.processors,
    life,
    stdin,
  });
  scope.audit.note({
    image: formatImageName(imageName),
    image_id: image.id,
    digests: image.digests,
    network: kind,
    mounts: (args.mounts ?? []).map((mount) => ({ ...mount })),
    ...secrets.noted,
  });
  const letNamesGo = network === undefined ? () => {} : session.names.take(network, aliases, plugin);
  const id = await createNamed(making, name, body).catch((cause: unknown) => {
    letNamesGo();
    throw cause;
  });
  scope.audit.note({ container: id });
  const record: ContainerRecord = {
    id,
    name,
    image: imageName,
    image_id: image.id,
    digests: image.digests,
    uses: usesOf(args),
    plugin,
    secrets: secrets.used,
    mounts: mounts.filter(({ of }) => of === 'workspace').map(({ volume }) => volume),
    gone: new AbortController(),
  };
  record.gone.signal.addEventListener('abort', letNamesGo);
  session.containers.set(id, record);
  return record;
}

/** Where the daemon doesn't answer, it may make the container all the same, so the reaper keeps waiting for it. */
async function createNamed(
  { scope, session }: Making,
  name: string,
  body: ReturnType<typeof containerBody>,
): Promise<string> {
  const { daemon } = session;
  const reaper = await daemon.reaper();
  reaper.announce(name);
  const id = await within(scope, {
    doing: 'making the container',
    timeout_ms: makeTimeoutMs,
    async act() {
      try {
        const made = objectOf(
          await daemon.engine.ask({
            method: 'POST',
            path: '/containers/create',
            query: { name },
            json: body,
            timeout_ms: makeTimeoutMs,
          }),
          'container',
        );
        const given = textOf(made['Id'], 'id');
        if (!/^[0-9a-f]{64}$/u.test(given)) throw new EngineError(0, 'the daemon gave a container an id that is none');
        return given;
      } catch (cause) {
        if (cause instanceof EngineError && cause.status !== 0) reaper.settle(name);
        else await remove(daemon.engine, `/containers/${name}`, { force: '1', v: '1' }).catch(() => false);
        throw cause;
      }
    },
  });
  reaper.settle(name);
  return id;
}

/** The least of what is granted and what is asked for. */
function limitsOf(args: StartArgs, granted: DockerLimits): DockerLimits {
  const asked = usesOf(args).limits;
  return {
    memory_bytes: Math.min(granted.memory_bytes, asked.memory_bytes ?? granted.memory_bytes),
    cpu_millis: Math.min(granted.cpu_millis, asked.cpu_millis ?? granted.cpu_millis),
    processes: Math.min(granted.processes, asked.processes ?? granted.processes),
    time_ms: Math.min(granted.time_ms, asked.time_ms ?? granted.time_ms),
  };
}

/** As whom a container runs: as the owner of the workspace, so that what it writes there is the owner's. */
async function workspaceUser({ workspace }: Pick<CallScope, 'workspace'>): Promise<string> {
  const { uid, gid } = await stat(workspace);
  return `${uid}:${gid}`;
}

function requireTargets({ mounts = [], tmpfs = [], workdir }: StartArgs): void {
  const targets = [...mounts.map(({ target }) => target), ...tmpfs, ...(workdir === undefined ? [] : [workdir])];
  const wrong = targets.find((target) => target !== '/' && !isPlainAbsolutePath(target));
  const reserved = [...mounts.map(({ target }) => target), ...tmpfs].find((target) =>
    /^\/(?:proc|sys|dev)?(?:\/|$)/u.test(target),
  );
  if (wrong === undefined && reserved === undefined) return;
  throw new CallFailure('INVALID_ARGUMENTS', `\`${wrong ?? reserved}\` is no place for a folder in a container`, {
    remedy: 'Name an absolute path without `.`, `..` and doubled slashes, outside of /proc, /sys and /dev.',
  });
}
