import type {
  BuildArgs,
  ContainerArgs,
  ContainerIdArgs,
  ImageArgs,
  LimitArgs,
  LoginArgs,
  RunArgs,
  StartArgs,
  VolumeArgs,
} from './call.ts';
import type { AskedLimits, ContainerUses, DockerDemand } from './demand.ts';
import { canonicalRegistry, type ImageName, imageNameRemedy, parseImageName } from './image-name.ts';
import type { DockerOperation } from './rule.ts';

/** What is wrong with a text that should name an image. */
export function imageProblem(text: string): string | undefined {
  const parsed = parseImageName(text);
  return 'image' in parsed ? undefined : `not an image: ${parsed.problem}. ${imageNameRemedy}`;
}

/** What each host call needs. Of a name that is none authorize() asks nobody: the call doesn't fit. */
function withImage(
  text: string,
  operation: DockerOperation,
  make: (image: ImageName) => readonly DockerDemand[],
): readonly DockerDemand[] {
  const parsed = parseImageName(text);
  return 'image' in parsed ? make(parsed.image) : [{ kind: 'operation', operation }];
}

/** Of `run` and `start`. An image that turns out to be missing is asked for when it does. */
export function containerDemands(args: RunArgs | StartArgs): readonly DockerDemand[] {
  const { under = 'run' } = args;
  return withImage(args.image, under, (image) => [
    { kind: 'container', operation: under, image, uses: usesOf(args) },
    ...(args.pull === 'always' ? ([{ kind: 'image', operation: 'pull', image }] as const) : []),
  ]);
}

/** What the container that a call asks for uses. */
export function usesOf(args: ContainerArgs & Pick<StartArgs, 'ports'>): ContainerUses {
  const mounts = args.mounts ?? [];
  return {
    network: args.network ?? 'none',
    mounts: [...new Set(mounts.map((mount) => ('path' in mount ? 'workspace' : 'volume')))],
    ports: (args.ports ?? []).map(({ host }) => host),
    user: args.user === undefined ? 'workspace' : 'other',
    writes_workspace: mounts.some((mount) => 'path' in mount && mount.access === 'write'),
    limits: askedLimits(args.limits, args.timeout_ms),
  };
}

/** Limits in the units of rules. */
export function askedLimits(limits: LimitArgs | undefined, timeoutMs: number | undefined): AskedLimits {
  const { memory_bytes, cpus, processes } = limits ?? {};
  return {
    ...(memory_bytes === undefined ? {} : { memory_bytes }),
    ...(cpus === undefined ? {} : { cpu_millis: Math.ceil(cpus * 1000) }),
    ...(processes === undefined ? {} : { processes }),
    ...(timeoutMs === undefined ? {} : { time_ms: timeoutMs }),
  };
}

/** Of calls that name a container: its image is known only when it is looked up, and asked about then. */
export function handleDemands(operation: DockerOperation): (args: ContainerIdArgs) => readonly DockerDemand[] {
  return () => [{ kind: 'operation', operation }];
}

/** Of `pull` and `push`. */
export function imageDemands(operation: 'pull' | 'push'): (args: ImageArgs) => readonly DockerDemand[] {
  return ({ image: text }) => withImage(text, operation, (image) => [{ kind: 'image', operation, image }]);
}

/** Of `login`. */
export function loginDemands({ registry }: LoginArgs): readonly DockerDemand[] {
  return [{ kind: 'registry', registry: canonicalRegistry(registry) }];
}

/** Of `build`; what it builds upon is asked about when the Dockerfile has been read. */
export function buildDemands(args: BuildArgs): readonly DockerDemand[] {
  const build: DockerDemand = {
    kind: 'build',
    network: args.network ?? 'none',
    limits: askedLimits(args.limits, args.timeout_ms),
  };
  return withImage(args.tag, 'build', (image) => [build, { kind: 'image', operation: 'build', image }]);
}

/** Of `create_volume` and `remove_volume`. */
export function volumeDemands({ under = 'run' }: VolumeArgs): readonly DockerDemand[] {
  return [{ kind: 'volume', operation: under }];
}
