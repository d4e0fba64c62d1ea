/** A file of the console, as browsers get it. */
export interface ConsoleFile {
  readonly bytes: Uint8Array;
  /** The same, compressed by gzip. */
  readonly gzipped: Uint8Array;
  /** Its media type. */
  readonly type: string;
}

/** The files of the console that the server sends. */
export interface ConsoleFiles {
  /** `index.html`, or a file of `assets/` by its path; undefined where there is no such one. Rejects where there is no console, with why. */
  file(path: string): Promise<ConsoleFile | undefined>;
}
