import type { JsonObject } from '../../../schemas/index.ts';
import type { ContainerArgs, HealthcheckArgs, StartArgs } from './call.ts';
import type { DockerLimits } from './rule.ts';

/** What a container is made of, everything looked up and decided. */
export interface ContainerSpec {
  /** The image's id, so that a tag that is moved meanwhile changes nothing. */
  readonly image_id: string;
  readonly args: ContainerArgs & Pick<StartArgs, 'ports' | 'name'>;
  /** `KEY=value`, secrets in their places. */
  readonly environment: readonly string[];
  /** `uid:gid` where the call names no user. */
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly MountSpec[];
  /** The name of the network, if any. */
  readonly network: string | undefined;
  /** What it is called there. */
  readonly aliases: readonly string[];
  readonly limits: DockerLimits;
  readonly processors: number;
  readonly life: 'attached' | 'detached';
  readonly stdin: 'open' | 'none';
}

/** A volume at its place. */
export interface MountSpec {
  /** The daemon's name of it. */
  readonly volume: string;
  readonly target: string;
  readonly access: 'read' | 'write';
  /** Into an empty volume the daemon copies what the image has there, as root; never into the workspace. */
  readonly of: 'run' | 'workspace';
  /**
   * The volume's. A daemon makes a volume that it is to mount and that isn't there any more, because the agent died and was cleaned up
   * after in the meantime; with these it is found as well.
   */
  readonly labels: Readonly<Record<string, string>>;
}

/** Of the log of a detached container that the daemon keeps for `logs`, at most twice this. */
const logFileSize = '16m';
/** Of each folder in memory; it counts against the container's memory too. */
const tmpfsBytes: number = 256 * 1024 ** 2;
/** Nobody answers there (RFC 5737), and the daemon doesn't ask its own machine's resolver instead. */
const noNameServer = '192.0.2.1';

/**
 * The body of `POST /containers/create`. Whatever decides about privileges is written out, so that no default of a daemon fills it
 * in; and nothing of it comes from a call but what this names.
 */
export function containerBody(spec: ContainerSpec): JsonObject {
  const { args, network, life } = spec;
  const ports = (args.ports ?? []).map(({ container, host }) => [`${container}/tcp`, host] as const);
  return {
    Image: spec.image_id,
    ...(args.command === undefined ? {} : { Cmd: args.command }),
    ...(args.entrypoint === undefined ? {} : { Entrypoint: args.entrypoint }),
    ...(args.workdir === undefined ? {} : { WorkingDir: args.workdir }),
    Env: spec.environment,
    User: args.user ?? spec.user,
    Labels: spec.labels,
    Tty: false,
    AttachStdin: spec.stdin === 'open',
    AttachStdout: life === 'attached',
    AttachStderr: life === 'attached',
    OpenStdin: spec.stdin === 'open',
    StdinOnce: spec.stdin === 'open',
    ...(args.healthcheck === undefined ? {} : { Healthcheck: healthcheckOf(args.healthcheck) }),
    ExposedPorts: Object.fromEntries(ports.map(([port]) => [port, {}])),
    HostConfig: hostConfig(spec, ports),
    ...(network === undefined
      ? {}
      : {
          NetworkingConfig: {
            EndpointsConfig: { [network]: { Aliases: spec.aliases } },
          },
        }),
  };
}

/** Times are in nanoseconds there, and 0 is the image's. */
function healthcheckOf({ test, interval_ms, timeout_ms, start_period_ms, retries }: HealthcheckArgs): JsonObject {
  const nanoseconds = (ms: number | undefined): number => (ms ?? 0) * 1_000_000;
  return {
    Test: test ?? [],
    Interval: nanoseconds(interval_ms),
    Timeout: nanoseconds(timeout_ms),
    StartPeriod: nanoseconds(start_period_ms),
    Retries: retries ?? 0,
  };
}

/** Several ports of the machine may lead to one of the container. */
function portBindings(ports: readonly (readonly [string, number])[]): JsonObject {
  const bindings: Record<string, JsonObject[]> = {};
  for (const [port, host] of ports) (bindings[port] ??= []).push({ HostIp: '127.0.0.1', HostPort: String(host) });
  return bindings;
}

function hostConfig(spec: ContainerSpec, ports: readonly (readonly [string, number])[]): JsonObject {
  const { args, limits } = spec;
  return {
    Privileged: false,
    CapAdd: [],
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Devices: [],
    DeviceRequests: [],
    DeviceCgroupRules: [],
    GroupAdd: [],
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    UsernsMode: '',
    CgroupParent: '',
    Sysctls: {},
    VolumesFrom: [],
    Binds: [],
    Links: [],
    ExtraHosts: [],
    OomScoreAdj: 0,
    OomKillDisable: false,
    Init: true,
    AutoRemove: false,
    RestartPolicy: { Name: 'no' },
    PublishAllPorts: false,
    PortBindings: portBindings(ports),
    NetworkMode: spec.network ?? 'none',
    ...(args.network === 'run' ? { Dns: [noNameServer] } : {}),
    ReadonlyRootfs: args.root === 'read',
    Tmpfs: Object.fromEntries(
      (args.tmpfs ?? []).map((path) => [path, `rw,nosuid,nodev,noexec,mode=1777,size=${tmpfsBytes}`]),
    ),
    Mounts: spec.mounts.map(({ volume, target, access, of, labels }) => ({
      Type: 'volume',
      Source: volume,
      Target: target,
      ReadOnly: access === 'read',
      VolumeOptions: { NoCopy: of === 'workspace', Labels: labels },
    })),
    Memory: limits.memory_bytes,
    // The same as the memory: no swap beside it.
    MemorySwap: limits.memory_bytes,
    NanoCpus: Math.min(limits.cpu_millis, spec.processors * 1000) * 1_000_000,
    PidsLimit: limits.processes,
    LogConfig:
      spec.life === 'attached'
        ? { Type: 'none', Config: {} }
        : { Type: 'local', Config: { 'max-size': logFileSize, 'max-file': '2' } },
  };
}
