/** What a plugin has of its host. Each call is performed by the agent, which checks and records it; docs/capabilities.md has what is granted. */

import type { HostDocker } from './docker.d.ts';
import type { HostMail, HostSsh } from './remote.d.ts';

export type {
  DockerContainer,
  DockerImage,
  DockerMount,
  DockerResult,
  DockerStreams,
  HostDocker,
} from './docker.d.ts';
export type { HostMail, HostSsh, MailAddress, SshEntry, SshHost, SshMove, SshMoved } from './remote.d.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A host call that was refused rejects with this: `code` DENIED, the rule that decided, what to do about it. */
export interface HostDenied extends Error {
  readonly name: 'HostDenied';
  readonly code: 'DENIED';
  readonly rule: string;
  readonly remedy: string;
}

/** A host call that was allowed but failed rejects with this. */
export interface HostError extends Error {
  readonly name: 'HostError';
  readonly code: string;
}

/** What every plugin has, whatever its manifest requests. Host calls overlap: start several and await them together. */
export interface HostAlways {
  /** Writes a line to the step's log. */
  log(text: string): void;
  /** Milliseconds since the epoch, as the agent sees it. */
  now(): Promise<number>;
  /** Waits; rejects with `code: 'CANCELLED'` when the step is cancelled. */
  sleep(milliseconds: number): Promise<void>;
  readonly random: {
    /** `length` random bytes, at most 65536. */
    bytes(length: number): Promise<Uint8Array>;
    uuid(): Promise<string>;
  };
  readonly signal: {
    /** True once the step is being cancelled. */
    cancelled(): Promise<boolean>;
  };
  /** Which step this is. */
  readonly step: {
    readonly run: string;
    readonly run_attempt: number;
    readonly job: string;
    readonly step: string;
    readonly attempt: number;
    readonly workflow: string;
  };
  /** Any host call by name, for capabilities that have no helper here. */
  call(capability: string, operation: string, args: Json): Promise<Json>;
}

/** What a plugin has exactly if its manifest requests it, by the names that `permissions` has. */
export interface HostCapabilities {
  readonly net: HostNet;
  readonly exec: HostExec;
  readonly docker: HostDocker;
  readonly fs: HostFs;
  readonly store: HostStore;
  readonly ssh: HostSsh;
  readonly mail: HostMail;
  readonly secrets: HostSecrets;
  readonly env: HostEnv;
}

/** The host of a plugin that requests everything. */
export interface Host extends HostAlways, HostCapabilities {}

/** Bytes that cross to the host as text, as base64, or from a workspace file that the guest never sees. */
export type BodyPart = string | { readonly base64: string } | { readonly file: string };

/** One of them, or several that go out one after the other. */
export type Body = BodyPart | { readonly parts: readonly BodyPart[] };

export interface HostNet {
  request(request: {
    readonly url: string;
    readonly method?: string;
    /** Values may hold secret placeholders; the agent fills them in for origins that the grant names. */
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Body;
    /** `text` (default), `base64`, or a workspace path to write to. */
    readonly response?: 'text' | 'base64' | { readonly file: string };
    /** Redirects followed at most, each re-checked; default 5, 0 returns the redirect itself. */
    readonly redirects?: number;
    readonly timeout_ms?: number;
    /** Of the response body in bytes; default 1 MiB to the guest, 1 GiB to a file. */
    readonly max_bytes?: number;
    /** Lower-case hex; a 2xx response with another digest fails the call, and nothing of it is kept. */
    readonly sha256?: string;
    /** How the agent authenticates, by placeholders of secrets that the grant lets go there; over https for a certificate. */
    readonly auth?: {
      readonly basic?: { readonly user: string; readonly password: string };
      readonly client_cert?: { readonly certificate: string; readonly key: string };
    };
    /** `host:port` of an HTTP proxy that the grant names. */
    readonly proxy?: string;
  }): Promise<{
    readonly status: number;
    /** Where the last redirect led. */
    readonly url: string;
    /** How many were followed. */
    readonly redirects: number;
    /** Of the whole call. */
    readonly elapsed_ms: number;
    /** Lower-case names; repeated ones joined by `, `. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly bytes: number;
    readonly sha256?: string;
    /** Of a body from a workspace file or of parts, once all of it was sent. */
    readonly sent?: { readonly bytes: number; readonly sha256: string };
  }>;
}

export interface HostExec {
  /**
   * Runs a program to its end. Its entry in the permissions says what it may reach (`profile`, `egress`) and take (`limits`); over a
   * limit it is ended with all that it started, and the call fails with LIMIT_EXCEEDED. With an `egress` it finds a proxy in the
   * usual variables, and `WATERFLOW_EGRESS`.
   */
  run(command: {
    /** A name that the grant names, or an absolute path. */
    readonly command: string;
    /** `{ file: NAME }` stands for the path of one of `files`. */
    readonly args?: readonly (string | { readonly file: string })[];
    /** Workspace-relative; default the workspace. */
    readonly cwd?: string;
    /** Added to the clean environment; keys must be granted. Values may hold placeholders of granted secrets. */
    readonly env?: Readonly<Record<string, string>>;
    /** Adds the step's own environment (`env:` in the workflow), where the grant's `env` says `step`. */
    readonly step_env?: boolean;
    readonly stdin?: string | { readonly file: string };
    /**
     * 0600 files of this one exec in a folder of its own, removed after it. The path of NAME is in the environment variable
     * `env`, if given. With `read` the content comes back. With `escape` the values of secrets stand in it as they are written between the
     * quotes of a JSON string, which YAML reads alike: a value with a quote or a line break stays within its string.
     */
    readonly files?: Readonly<
      Record<
        string,
        {
          readonly content?: string;
          readonly escape?: 'json';
          readonly env?: string | readonly string[];
          readonly read?: boolean;
        }
      >
    >;
    /** A docker socket (DOCKER_HOST) for the docker and compose clients, on which each request needs what the same call of docker needs. */
    readonly docker?: true;
    /** `log` (default): to the step's log; `capture`: to the guest, at most `max_bytes`; or a workspace path. */
    readonly stdout?: 'log' | 'capture' | 'discard' | { readonly file: string };
    readonly stderr?: 'log' | 'capture' | 'discard' | { readonly file: string };
    /** Of each captured stream, default 1 MiB; what is over it ends the exec with LIMIT_EXCEEDED. */
    readonly max_bytes?: number;
    /** The entry's `limits.time` holds where it is less. */
    readonly timeout_ms?: number;
    /**
     * How long it may take after SIGINT before SIGTERM comes, and after that before SIGKILL, where it is cancelled or out of time. Together
     * not more than the agent's `cancel-grace`, of which they are three quarters and one where nothing is said; else LIMIT_EXCEEDED.
     */
    readonly graces?: { readonly interrupt_ms?: number; readonly terminate_ms?: number };
  }): Promise<{
    /** 128 + the signal's number where a signal ended it. */
    readonly exit_code: number;
    readonly signal?: string;
    readonly stdout?: string;
    readonly stderr?: string;
    readonly files: Readonly<Record<string, string>>;
  }>;
}

/** Paths are relative to the workspace, `/`-separated; symbolic links are never followed out of it. */
export interface HostFs {
  read(path: string, options?: { readonly encoding?: 'text' | 'base64'; readonly max_bytes?: number }): Promise<string>;
  /** Creates parent folders. Replaces atomically unless `append`. */
  write(
    path: string,
    content: string,
    options?: { readonly encoding?: 'text' | 'base64'; readonly append?: boolean; readonly executable?: boolean },
  ): Promise<void>;
  list(path: string): Promise<
    readonly {
      readonly name: string;
      readonly type: 'file' | 'directory' | 'symlink' | 'other';
      readonly bytes: number;
    }[]
  >;
  /** null where nothing is there. */
  stat(path: string): Promise<{
    readonly type: 'file' | 'directory' | 'symlink' | 'other';
    readonly bytes: number;
    readonly modified_ms: number;
  } | null>;
  mkdir(path: string): Promise<void>;
  /** A file, or a folder with all that is in it. */
  remove(path: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  /** Lower-case hex SHA-256. */
  hash(path: string): Promise<string>;
  /** Files that match, sorted. */
  glob(pattern: string): Promise<readonly string[]>;
  /** A folder as an archive, the same bytes for the same files. The format is that of the name of `to`, unless it is given. */
  pack(
    from: string,
    to: string,
    options?: {
      readonly format?: 'tar' | 'tar.gz' | 'tar.zst';
      /** Patterns from `from` on; what lies below an excluded folder is excluded. */
      readonly include?: readonly string[];
      readonly exclude?: readonly string[];
    },
  ): Promise<{ readonly bytes: number; readonly entries: number; readonly sha256: string }>;
  /** An archive (tar, gzipped or with zstd) into a folder; all of it, or an error and nothing. */
  unpack(
    from: string,
    to: string,
    options?: {
      /** Names that fall away at the beginning of each path; default 0. */
      readonly strip?: number;
      /** Patterns of paths as they are below `to`. */
      readonly include?: readonly string[];
      readonly exclude?: readonly string[];
      /** Of all files together; default 4 GiB. */
      readonly max_bytes?: number;
      /** Default and most 100000. */
      readonly max_entries?: number;
    },
  ): Promise<{ readonly bytes: number; readonly entries: number }>;
}

/** Small values that outlive the run: the plugin's own in this tenant, seen by no other. What a promise resolves to is on disk. */
export interface HostStore {
  /** null where nothing is there. `expires_at` is RFC 3339. */
  get(
    key: string,
  ): Promise<{ readonly value: Json; readonly version: number; readonly expires_at: string | null } | null>;
  /** Sets a value of at most 64 KiB as JSON. */
  set(key: string, value: Json, options?: { readonly ttl_ms?: number }): Promise<{ readonly version: number }>;
  /**
   * Sets the value only if the one that is there has the expected version; null expects none. `version` is the new one, or where it wasn't
   * swapped that of what is there.
   */
  compareAndSet(
    key: string,
    change: { readonly expected: number | null; readonly value: Json; readonly ttl_ms?: number },
  ): Promise<{ readonly swapped: boolean; readonly version: number | null }>;
  /** Whether it was there (with the expected version, if one is given). */
  delete(key: string, options?: { readonly expected?: number }): Promise<boolean>;
  /** Keys that begin with a prefix, in their order. Hand `cursor` in again for the next page; null says that there is none. */
  list(options?: { readonly prefix?: string; readonly cursor?: string; readonly limit?: number }): Promise<{
    readonly keys: readonly { readonly key: string; readonly version: number; readonly bytes: number }[];
    readonly cursor: string | null;
  }>;
  /**
   * Packs a folder of the workspace and keeps the archive under the key, in the place of what was there. Over the size that an entry lets
   * (`archives`), what was not used for longest goes. Patterns as for `fs.pack`.
   */
  save(
    key: string,
    what: {
      readonly from: string;
      readonly include?: readonly string[];
      readonly exclude?: readonly string[];
      /** False: what is there under the key stays as it is. */
      readonly replace?: boolean;
    },
  ): Promise<
    | {
        readonly saved: true;
        readonly bytes: number;
        readonly entries: number;
        readonly sha256: string;
        readonly evicted: number;
        /** Why not all went that had to; left out where they did. */
        readonly not_evicted?: string;
      }
    | { readonly saved: false; readonly bytes: number; readonly sha256: string }
  >;
  /** Unpacks what is kept under the key into a folder of the workspace: all of it, or nothing. What is damaged is removed. */
  load(
    key: string,
    to: string,
  ): Promise<
    | {
        readonly found: true;
        readonly entries: number;
        readonly bytes: number;
        readonly archive_bytes: number;
        readonly sha256: string;
        /** RFC 3339. */
        readonly created_at: string;
      }
    | { readonly found: false; readonly damaged: boolean }
  >;
  /** The archives whose keys begin with a prefix, the newest first; at most `limit`, 100 by default. */
  saved(options?: {
    readonly prefix?: string;
    readonly limit?: number;
  }): Promise<
    readonly { readonly key: string; readonly bytes: number; readonly sha256: string; readonly created_at: string }[]
  >;
}

/** The environment of the later steps of the job; not of this one. It holds also where the step fails then. */
export interface HostEnv {
  /**
   * Sets variables: the last value of a name wins, over what the job and the workflow say, and under what a later step's own `env` says.
   * `kept_back`: names that each step has its own value of, which were passed over.
   */
  set(variables: Readonly<Record<string, string>>): Promise<{ readonly kept_back: readonly string[] }>;
  /** Puts folders before PATH, each before the ones before it. Relative ones are of the workspace. */
  addPath(folders: readonly string[]): Promise<void>;
}

export interface HostSecrets {
  /** The secret's placeholder: opaque text that the agent replaces where a grant lets the value go. */
  get(name: string): Promise<string>;
}
