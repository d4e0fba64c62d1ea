/** What `host.docker` takes and answers; docs/capabilities.md says what each needs. */

/** A folder of the workspace, or a volume that lives as long as the run. Read-only unless `access` says `write`. */
export type DockerMount =
  | { readonly path: string; readonly target: string; readonly access?: 'read' | 'write' }
  | { readonly volume: string; readonly target: string; readonly access?: 'read' | 'write' };

/** What a container is made from. */
export interface DockerContainer {
  /** `registry/name:tag` or `registry/name@sha256:…`. */
  readonly image: string;
  /** Program and arguments, in the place of the image's. */
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** Values may hold placeholders of granted secrets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  /** Default the owner of the workspace. */
  readonly user?: string;
  /** Default `none`. */
  readonly network?: 'none' | 'run' | 'bridge';
  readonly mounts?: readonly DockerMount[];
  /** Paths, each of which gets an empty folder in memory. */
  readonly tmpfs?: readonly string[];
  /** Whether the image's own files may be changed, in this container; default `write`. */
  readonly root?: 'read' | 'write';
  readonly limits?: { readonly memory_bytes?: number; readonly cpus?: number; readonly processes?: number };
  /** Default `missing`, which needs `pull` to be granted where the image isn't there. */
  readonly pull?: 'missing' | 'always' | 'never';
  /** The operation that grants it, default `run`. */
  readonly under?: 'run' | 'compose';
  readonly timeout_ms?: number;
  /** Left out: as the image has it. `test` is in Docker's words: `['CMD', program, …]`, `['CMD-SHELL', line]` or `['NONE']`. */
  readonly healthcheck?: {
    readonly test?: readonly string[];
    readonly interval_ms?: number;
    readonly timeout_ms?: number;
    readonly start_period_ms?: number;
    readonly retries?: number;
  };
}

/** Where a program's streams go, as for `host.exec`. */
export interface DockerStreams {
  readonly stdin?: string | { readonly file: string };
  readonly stdout?: 'log' | 'capture' | 'discard' | { readonly file: string };
  readonly stderr?: 'log' | 'capture' | 'discard' | { readonly file: string };
  readonly max_bytes?: number;
}

/** How a program in a container ended. */
export interface DockerResult {
  readonly exit_code: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The image that a container was made from. */
export interface DockerImage {
  /** Its id, `sha256:…`. */
  readonly image: string;
  /** `name@sha256:…`, as registries know it; none of an image that never was at one. */
  readonly digests: readonly string[];
}

/** Containers and images of this machine's Docker daemon. What a run starts here ends with it. */
export interface HostDocker {
  /** A program in a container of its own, which is gone when this answers. */
  run(
    container: DockerContainer & DockerStreams,
  ): Promise<DockerResult & DockerImage & { readonly out_of_memory: boolean }>;
  /** A container that goes on until it is removed, its time is up, or the run ends. `name` is what others of the run call it. */
  start(
    container: DockerContainer & {
      readonly name?: string;
      /** On 127.0.0.1 of the agent's machine. */
      readonly ports?: readonly { readonly container: number; readonly host: number }[];
    },
  ): Promise<DockerImage & { readonly container: string }>;
  /** A program in a container that this plugin started. Cancelled or out of time, it takes the container with it. */
  exec(
    program: DockerStreams & {
      readonly container: string;
      readonly command: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly workdir?: string;
      readonly user?: string;
      readonly timeout_ms?: number;
    },
  ): Promise<DockerResult>;
  /** What it has written so far; captured unless said otherwise. */
  logs(
    request: Omit<DockerStreams, 'stdin'> & { readonly container: string; readonly tail?: number },
  ): Promise<{ readonly stdout?: string; readonly stderr?: string }>;
  /** Until it ends by itself. */
  wait(request: { readonly container: string; readonly timeout_ms?: number }): Promise<{ readonly exit_code: number }>;
  /** `status` is Docker's own word: `running`, `exited`…; so is `health`, where there is a health check: `starting`, `healthy`, `unhealthy`. */
  status(
    container: string,
    options?: { readonly under?: 'run' | 'compose' },
  ): Promise<{
    readonly status: string;
    readonly exit_code: number;
    readonly out_of_memory: boolean;
    readonly image: string;
    readonly health?: string;
  }>;
  remove(container: string): Promise<void>;
  pull(image: string, options?: { readonly timeout_ms?: number }): Promise<DockerImage & { readonly bytes: number }>;
  push(
    image: string,
    options?: { readonly timeout_ms?: number },
  ): Promise<{ readonly image: string; readonly digest?: string }>;
  /** For the pulls and pushes of this invocation. The password may be a placeholder of a granted secret. */
  login(credentials: {
    readonly registry: string;
    readonly username: string;
    readonly password: string;
  }): Promise<void>;
  /** From a folder of the workspace, by the classic builder. Answers the image's id. */
  build(build: {
    /** Default the workspace. */
    readonly context?: string;
    /** Within the context; default `Dockerfile`. */
    readonly dockerfile?: string;
    readonly tag: string;
    readonly args?: Readonly<Record<string, string>>;
    /** The stage to build. */
    readonly target?: string;
    readonly network?: 'none' | 'run' | 'bridge';
    readonly limits?: { readonly memory_bytes?: number; readonly cpus?: number };
    readonly timeout_ms?: number;
  }): Promise<{ readonly image: string }>;
  /** Mounting a volume makes it too. */
  createVolume(name: string): Promise<void>;
  removeVolume(name: string): Promise<void>;
}
