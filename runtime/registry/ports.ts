/** Where a registry's files are read from. */
export interface RegistrySource {
  /** The URL or the folder, as people are shown it and as it is remembered. */
  readonly location: string;
  /**
   * A file's bytes; undefined where there is none. More than `most` bytes are never read: then it has one byte more than that. Rejects with
   * REGISTRY_UNREACHABLE.
   */
  read(path: string, most: number): Promise<Buffer | undefined>;
}

/** What of a registry was seen last: it may show no less again. */
export interface Seen {
  /** The last root's file, as it was. */
  readonly root: string;
  readonly timestamp: { readonly version: number; readonly sha256: string };
  readonly snapshot: number;
  readonly index: number;
}

/** Keeps what was seen of each registry. */
export interface RegistryMemory {
  /** Of the registry with this id. */
  seen(id: string): Seen | undefined;
  /** The id of the registry that was at this place. */
  at(location: string): string | undefined;
  /** Durable when it returns. */
  keep(registry: { readonly id: string; readonly location: string }, seen: Seen): void;
}

/** What a client of registries works with. */
export interface RegistryTools {
  readonly memory: RegistryMemory;
  /** In ms since the epoch. */
  readonly now: number;
  /** Ids of which somebody said that they mean one: where there are any, a registry with another id is refused, seen before or not. */
  readonly meant?: readonly string[];
  /** Whether a registry that was never seen is the one that is meant; not asked where `meant` says it. */
  readonly accept: (id: string, location: string) => boolean | Promise<boolean>;
}
