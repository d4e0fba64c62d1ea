import type { JsonObject } from '../../../schemas/index.ts';
import { noNul, output, workspaceFile } from '../argument-schemas.ts';
import type { OutputTarget } from '../exec/call.ts';

/** A folder of the workspace or a volume of the run, and where it is put. */
export type MountArgs =
  | { readonly path: string; readonly target: string; readonly access?: 'read' | 'write' }
  | { readonly volume: string; readonly target: string; readonly access?: 'read' | 'write' };

/** What a container is made from. */
export interface ContainerArgs {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
  readonly network?: 'none' | 'run' | 'bridge';
  readonly mounts?: readonly MountArgs[];
  /** Paths, each of which gets an empty folder in memory. */
  readonly tmpfs?: readonly string[];
  readonly root?: 'read' | 'write';
  readonly limits?: LimitArgs;
  readonly pull?: 'missing' | 'always' | 'never';
  readonly timeout_ms?: number;
  /** The operation that grants it, default `run`. */
  readonly under?: 'run' | 'compose';
  readonly healthcheck?: HealthcheckArgs;
}

/**
 * A program that the daemon runs in the container again and again, as the container's user and with no more than the container has. What is
 * left out is as the image has it.
 */
export interface HealthcheckArgs {
  /** In Docker's words: `NONE`; `CMD` and a program with its arguments; `CMD-SHELL` and a line for the container's shell. Empty: the image's. */
  readonly test?: readonly string[];
  readonly interval_ms?: number;
  readonly timeout_ms?: number;
  readonly start_period_ms?: number;
  readonly retries?: number;
}

/** What of the granted limits a call takes. */
export interface LimitArgs {
  readonly memory_bytes?: number;
  readonly cpus?: number;
  readonly processes?: number;
}

/** Where the streams of a program go. */
export interface StreamArgs {
  readonly stdin?: string | { readonly file: string };
  readonly stdout?: OutputTarget;
  readonly stderr?: OutputTarget;
  readonly max_bytes?: number;
}

/** Arguments of `docker.run`. */
export type RunArgs = ContainerArgs & StreamArgs;

/** Arguments of `docker.start`. */
export interface StartArgs extends ContainerArgs {
  /** What the other containers of the run call it. */
  readonly name?: string;
  readonly ports?: readonly { readonly container: number; readonly host: number }[];
}

/** Arguments of `docker.exec`. */
export interface ExecInArgs extends StreamArgs {
  readonly container: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
  readonly timeout_ms?: number;
}

/** Arguments of `docker.logs`. */
export interface LogsArgs extends Omit<StreamArgs, 'stdin'> {
  readonly container: string;
  readonly tail?: number;
}

/** Arguments of `docker.wait`. */
export interface WaitArgs {
  readonly container: string;
  readonly timeout_ms?: number;
}

/** Arguments of `docker.remove`. */
export interface ContainerIdArgs {
  readonly container: string;
}

/** Arguments of `docker.status`. */
export interface StatusArgs extends ContainerIdArgs {
  /** The operation that grants it, default `run`. */
  readonly under?: 'run' | 'compose';
}

/** Arguments of `docker.pull` and `docker.push`. */
export interface ImageArgs {
  readonly image: string;
  readonly timeout_ms?: number;
}

/** Arguments of `docker.login`. */
export interface LoginArgs {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** Arguments of `docker.build`. */
export interface BuildArgs {
  readonly context?: string;
  readonly dockerfile?: string;
  readonly tag: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly network?: 'none' | 'run' | 'bridge';
  readonly limits?: Omit<LimitArgs, 'processes'>;
  readonly timeout_ms?: number;
}

/** Arguments of `docker.create_volume` and `docker.remove_volume`. */
export interface VolumeArgs {
  readonly name: string;
  /** As of a container. */
  readonly under?: 'run' | 'compose';
}

/** Both streams cross to the guest in one frame. */
const captureLimitBytes: number = 4 * 1024 * 1024;
const maxTimeoutMs = 604_800_000;
/** Of one argument or variable: the kernel's own limit (MAX_ARG_STRLEN). */
const maxTextLength = 131_071;

const imageText: JsonObject = { type: 'string', minLength: 1, maxLength: 500 };
const path: JsonObject = { type: 'string', minLength: 1, maxLength: 4096, pattern: noNul };
const volumeName: JsonObject = { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' };
const containerId: JsonObject = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const argv: JsonObject = {
  type: 'array',
  maxItems: 4096,
  items: { type: 'string', maxLength: maxTextLength, pattern: noNul },
};
const variables: JsonObject = {
  type: 'object',
  maxProperties: 1000,
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,199}$' },
  additionalProperties: { type: 'string', maxLength: maxTextLength, pattern: noNul },
};
const user: JsonObject = { type: 'string', pattern: '^(?:[a-z_][a-z0-9_-]{0,31}|[0-9]{1,9})(?::[0-9]{1,9})?$' };
const network: JsonObject = { enum: ['none', 'run', 'bridge'] };
const timeout: JsonObject = { type: 'integer', minimum: 1, maximum: maxTimeoutMs };
const under: JsonObject = { enum: ['run', 'compose'] };
/** Each probe costs the daemon a program. */
const probeTime: JsonObject = { type: 'integer', minimum: 100, maximum: 86_400_000 };
const healthcheck: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    test: argv,
    interval_ms: probeTime,
    timeout_ms: probeTime,
    start_period_ms: probeTime,
    retries: { type: 'integer', minimum: 1, maximum: 1000 },
  },
};
const access: JsonObject = { enum: ['read', 'write'] };
const limits: JsonObject = {
  memory_bytes: { type: 'integer', minimum: 6 * 1024 ** 2 },
  cpus: { type: 'number', minimum: 0.01, maximum: 1000 },
};

const streams: JsonObject = {
  stdin: { oneOf: [{ type: 'string' }, workspaceFile] },
  stdout: output,
  stderr: output,
  max_bytes: { type: 'integer', minimum: 0, maximum: captureLimitBytes },
};

const container: JsonObject = {
  image: imageText,
  command: argv,
  entrypoint: argv,
  env: variables,
  workdir: path,
  user,
  network,
  mounts: {
    type: 'array',
    maxItems: 50,
    items: {
      oneOf: [
        {
          type: 'object',
          additionalProperties: false,
          required: ['path', 'target'],
          properties: { path, target: path, access },
        },
        {
          type: 'object',
          additionalProperties: false,
          required: ['volume', 'target'],
          properties: { volume: volumeName, target: path, access },
        },
      ],
    },
  },
  tmpfs: { type: 'array', maxItems: 20, items: path },
  root: access,
  limits: {
    type: 'object',
    additionalProperties: false,
    properties: { ...limits, processes: { type: 'integer', minimum: 1 } },
  },
  pull: { enum: ['missing', 'always', 'never'] },
  timeout_ms: timeout,
  under,
  healthcheck,
};

function args(required: readonly string[], properties: JsonObject): JsonObject {
  return { type: 'object', additionalProperties: false, required, properties };
}

const { stdin: _stdin, ...outputs } = streams;

/** JSON Schemas of the arguments, by operation. */
export const dockerSchemas: Readonly<Record<DockerCall, JsonObject>> = {
  run: args(['image'], { ...container, ...streams }),
  start: args(['image'], {
    ...container,
    name: { type: 'string', pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' },
    ports: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['container', 'host'],
        properties: {
          container: { type: 'integer', minimum: 1, maximum: 65_535 },
          host: { type: 'integer', minimum: 1, maximum: 65_535 },
        },
      },
    },
  }),
  exec: args(['container', 'command'], {
    container: containerId,
    command: { ...argv, minItems: 1 },
    env: variables,
    workdir: path,
    user,
    timeout_ms: timeout,
    ...streams,
  }),
  logs: args(['container'], {
    container: containerId,
    tail: { type: 'integer', minimum: 0, maximum: 1_000_000 },
    ...outputs,
  }),
  wait: args(['container'], { container: containerId, timeout_ms: timeout }),
  status: args(['container'], { container: containerId, under }),
  remove: args(['container'], { container: containerId }),
  pull: args(['image'], { image: imageText, timeout_ms: timeout }),
  push: args(['image'], { image: imageText, timeout_ms: timeout }),
  login: args(['registry', 'username', 'password'], {
    registry: { type: 'string', minLength: 1, maxLength: 255 },
    username: { type: 'string', minLength: 1, maxLength: 1000 },
    password: { type: 'string', minLength: 1, maxLength: 10_000 },
  }),
  build: args(['tag'], {
    context: path,
    dockerfile: path,
    tag: imageText,
    args: variables,
    target: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' },
    network,
    limits: { type: 'object', additionalProperties: false, properties: limits },
    timeout_ms: timeout,
  }),
  create_volume: args(['name'], { name: volumeName, under }),
  remove_volume: args(['name'], { name: volumeName, under }),
};

/** The host calls of docker. */
export type DockerCall =
  | 'run'
  | 'start'
  | 'exec'
  | 'logs'
  | 'wait'
  | 'status'
  | 'remove'
  | 'pull'
  | 'push'
  | 'login'
  | 'build'
  | 'create_volume'
  | 'remove_volume';
