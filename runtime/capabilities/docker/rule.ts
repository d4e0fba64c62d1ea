import {
  assertNever,
  durationText,
  type Json,
  type JsonObject,
  parseDuration,
  parseSize,
  sizeText,
} from '../../../schemas/index.ts';
import { isSecretName, parseSecretNames } from '../entry-parts.ts';
import { markQuoted } from '../quoted.ts';
import { type ImagePattern, parseImagePattern } from './image-pattern.ts';

/** What an entry can allow to be done. */
export const dockerOperations = ['run', 'build', 'pull', 'push', 'exec', 'login', 'logs', 'compose'] as const;
export type DockerOperation = (typeof dockerOperations)[number];

/**
 * What a container may reach, each more than the one before: nothing; the other containers of its run; and
 * whatever the machine can reach.
 */
export const dockerNetworks = ['none', 'run', 'bridge'] as const;
export type DockerNetwork = (typeof dockerNetworks)[number];

/** What may be mounted. */
export type DockerMount = 'workspace' | 'volume';

/** What one container may take. */
export interface DockerLimits {
  readonly memory_bytes: number;
  /** Of one processor, in thousandths. */
  readonly cpu_millis: number;
  readonly processes: number;
  readonly time_ms: number;
}

/** A permission entry of docker, read. */
export interface DockerRule {
  readonly images: readonly ImagePattern[];
  readonly operations: readonly DockerOperation[];
  readonly network: DockerNetwork;
  readonly mounts: readonly DockerMount[];
  /** Host ports, on 127.0.0.1 only. */
  readonly ports: readonly number[];
  /** `workspace`: containers run as the workspace's owner; `any`: as whom they like, where they can't write to the workspace. */
  readonly user: 'workspace' | 'any';
  readonly secrets: readonly string[];
  readonly limits: DockerLimits;
  /** Which keys the entry names: as a deny rule it forbids by these, and by nothing that it leaves out. */
  readonly names: ReadonlySet<string>;
}

/** What holds for one call: a rule of each layer matched each of its demands, and all of them count. */
export interface DockerEffective {
  readonly secrets: readonly (readonly string[])[];
  readonly limits: DockerLimits;
}

/**
 * Where an entry says none. Enough for ordinary tools, and little enough that one container doesn't take the machine down; the
 * processors are what the machine has.
 */
export const defaultLimits: DockerLimits = {
  memory_bytes: 2 * 1024 ** 3,
  cpu_millis: 1_000_000,
  processes: 512,
  time_ms: 6 * 60 * 60 * 1000,
};

/** Docker itself refuses a container with less. */
const leastMemoryBytes: number = 6 * 1024 ** 2;
/** Timers of Node overflow above it. */
const mostTimeMs = 2_147_483_647;

/** JSON Schema of an entry. */
export const dockerEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['images', 'operations'],
  properties: {
    images: {
      type: 'array',
      minItems: 1,
      maxItems: 200,
      items: { type: 'string', minLength: 1, maxLength: 500 },
      description: '`name:tag`, `name@sha256:…`; `*` within a segment of the path or the tag; `*` alone is any',
    },
    operations: {
      type: 'array',
      minItems: 1,
      items: { enum: [...dockerOperations] },
      description: 'what may be done with these images and their containers',
    },
    network: {
      enum: [...dockerNetworks],
      description: '`none` (default); `run`: the containers of the same run; `bridge`: what the machine can reach',
    },
    mounts: {
      description: '`workspace`: folders of it; `volume`: volumes that live as long as the run',
      oneOf: [
        { enum: ['workspace', 'volume'] },
        { type: 'array', maxItems: 2, items: { enum: ['workspace', 'volume'] } },
      ],
    },
    ports: {
      type: 'array',
      maxItems: 200,
      items: { type: 'integer', minimum: 1, maximum: 65_535 },
      description:
        "ports of the agent's machine that containers may be published at, on 127.0.0.1; needs `network: bridge`",
    },
    user: { enum: ['workspace', 'any'], description: "`workspace` (default): the workspace's owner; `any`: root too" },
    secrets: {
      type: 'array',
      maxItems: 200,
      items: { type: 'string' },
      description: 'secrets whose values may go into variables of containers and logins at registries; or `*`',
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      description: 'the most that one container may take',
      properties: {
        memory: { type: 'string', description: 'e.g. `512MiB`; default 2GiB' },
        cpus: { type: 'number', exclusiveMinimum: 0, maximum: 1000, description: 'processors, e.g. 1.5' },
        processes: {
          type: 'integer',
          minimum: 1,
          maximum: 4_194_304,
          description: 'processes and threads; default 512',
        },
        time: { type: 'string', description: 'e.g. `30m`; default 6h' },
      },
    },
  },
};

/** Reads an entry that fits the schema. */
export function parseDockerEntry(entry: JsonObject): { readonly rule: DockerRule } | { readonly problem: string } {
  const images: ImagePattern[] = [];
  for (const text of textsOf(entry['images'])) {
    const parsed = parseImagePattern(text);
    if ('problem' in parsed) return { problem: `\`images\`: ${parsed.problem}` };
    images.push(parsed.pattern);
  }
  const secrets = parseSecretNames(entry['secrets']);
  if ('problem' in secrets) return secrets;
  const limits = parseLimits(entry['limits']);
  if ('problem' in limits) return limits;
  const network = dockerNetworks.find((name) => name === entry['network']) ?? 'none';
  const ports = numbersOf(entry['ports']);
  if (ports.length > 0 && network !== 'bridge') return { problem: '`ports` needs `network: bridge`' };
  const operations = textsOf(entry['operations']);
  const mounts = typeof entry['mounts'] === 'string' ? [entry['mounts']] : textsOf(entry['mounts']);
  return {
    rule: {
      images,
      operations: dockerOperations.filter((operation) => operations.includes(operation)),
      network,
      mounts: (['workspace', 'volume'] as const).filter((mount) => mounts.includes(mount)),
      ports,
      user: entry['user'] === 'any' ? 'any' : 'workspace',
      secrets: secrets.secrets,
      limits: limits.limits,
      names: new Set(Object.keys(entry)),
    },
  };
}

function parseLimits(given: Json | undefined): { readonly limits: DockerLimits } | { readonly problem: string } {
  // An object by the schema, where there is one.
  const { memory, cpus, processes, time } = (given ?? {}) as JsonObject;
  const memoryBytes = typeof memory === 'string' ? parseSize(memory) : defaultLimits.memory_bytes;
  if (memoryBytes === undefined || memoryBytes < leastMemoryBytes) {
    return { problem: `\`limits.memory\`: ${JSON.stringify(memory)} is no size of at least 6MiB` };
  }
  const timeMs = typeof time === 'string' ? parseDuration(time) : defaultLimits.time_ms;
  if (timeMs === undefined || timeMs < 1 || timeMs > mostTimeMs) {
    return { problem: `\`limits.time\`: ${JSON.stringify(time)} is no duration between 1ms and 24 days` };
  }
  return {
    limits: {
      memory_bytes: memoryBytes,
      // Docker takes a hundredth of a processor at least.
      cpu_millis: typeof cpus === 'number' ? Math.max(10, Math.floor(cpus * 1000)) : defaultLimits.cpu_millis,
      processes: typeof processes === 'number' ? processes : defaultLimits.processes,
      time_ms: timeMs,
    },
  };
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function numbersOf(value: Json | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
}

/** An expression's result may be an image or a part of its name, a secret's name or a limit; it is never a pattern or a keyword. */
export function quoteDocker(
  text: string,
  path: readonly string[],
): { readonly text: string } | { readonly problem: string } {
  const field = path[0];
  if (field === 'images' && path.length > 1) return markQuoted(text);
  if (field === 'secrets' && path.length > 1 && isSecretName(text)) return { text };
  if (field === 'limits' && (path[1] === 'memory' || path[1] === 'time')) return { text };
  return { problem: `the value \`${text}\` can't stand in \`${path.join('.')}\`` };
}

/**
 * The machine's own network reaches private addresses and the machine itself, so it needs an entry that the operator wrote out: who
 * says `allow: requested` gives the network of the run instead, and no ports.
 */
export function requestedDocker(entry: JsonObject): JsonObject {
  if (entry['network'] !== 'bridge') return entry;
  return { ...Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'ports')), network: 'run' };
}

/** What holds when these rules matched: of each limit the least, and no secret that one of them keeps back. */
export function narrowDocker(rules: readonly DockerRule[]): DockerEffective {
  const least = (key: keyof DockerLimits): number =>
    rules.length === 0 ? defaultLimits[key] : Math.min(...rules.map(({ limits }) => limits[key]));
  return {
    secrets: rules.map(({ secrets }) => secrets),
    limits: {
      memory_bytes: least('memory_bytes'),
      cpu_millis: least('cpu_millis'),
      processes: least('processes'),
      time_ms: least('time_ms'),
    },
  };
}

/** One sentence. */
export function explainDocker(rule: DockerRule): string {
  const images = rule.images.map(({ text }) => (text === 'any image' ? text : `\`${text}\``)).join(', ');
  const parts = [`docker ${rule.operations.join(', ')} with ${images}`, explainNetwork(rule.network)];
  if (rule.mounts.includes('workspace')) parts.push('mounting folders of the workspace');
  if (rule.mounts.includes('volume')) parts.push('with volumes of the run');
  if (rule.ports.length > 0) parts.push(`published at 127.0.0.1 on ${rule.ports.join(', ')}`);
  if (rule.user === 'any') parts.push('as any user of the container, root too');
  if (rule.operations.includes('build')) parts.push('building as root of the build container');
  if (rule.secrets.length > 0) {
    parts.push(
      `trusted with ${rule.secrets.includes('*') ? 'any secret' : `the secrets ${rule.secrets.join(', ')}`}, which its output may carry back`,
    );
  }
  const { memory_bytes, cpu_millis, processes, time_ms } = rule.limits;
  const processors = cpu_millis === defaultLimits.cpu_millis ? [] : [`${cpu_millis / 1000} processors`];
  const bounds = [
    `${sizeText(memory_bytes)} of memory`,
    ...processors,
    `${processes} processes`,
    durationText(time_ms),
  ];
  parts.push(`each container with at most ${bounds.join(', ')}`);
  return parts.join(', ');
}

function explainNetwork(network: DockerNetwork): string {
  switch (network) {
    case 'none':
      return 'without network';
    case 'run':
      return 'reaching the containers of the same run only';
    case 'bridge':
      return "reaching all that the agent's machine can reach, also private addresses and its own services";
    default:
      return assertNever(network);
  }
}

/** Which of `mentioned` every rule lets go. */
export function allowedDockerSecrets(
  effective: Pick<DockerEffective, 'secrets'>,
  mentioned: readonly string[],
): readonly string[] {
  return mentioned.filter((name) => effective.secrets.every((names) => names.includes(name) || names.includes('*')));
}
