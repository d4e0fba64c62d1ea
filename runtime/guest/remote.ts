/** Where a call of `ssh` goes, and as whom where the entries leave that open. */
export interface SshHost {
  readonly host: string;
  /** Default 22. */
  readonly port?: number;
  readonly user?: string;
  /** Of the whole call; default 60 s, half an hour to move files, none for `exec`. */
  readonly timeout_ms?: number;
}

/** What lies at a path of another machine; a link is never followed. */
export interface SshEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly bytes: number;
  /** Permission bits. */
  readonly mode: number;
  readonly modified_ms: number;
}

/** What was moved; `sha256` is the file's, or of a folder that of the lines which `sha256sum` prints for its files. */
export interface SshMoved {
  readonly files: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** How files are moved. */
export interface SshMove extends SshHost {
  readonly from: string;
  readonly to: string;
  /** Goes on with what an earlier call left. */
  readonly resume?: boolean;
  /** A link in a folder is refused (default), or left out. */
  readonly links?: 'refuse' | 'skip';
  /** In all; default 1 GiB. */
  readonly max_bytes?: number;
}

/** Commands and files on other machines. Paths there are from the root, or from the login's home folder. */
export interface HostSsh {
  /** Each argument reaches the program as it is: the agent quotes it for a POSIX shell. */
  exec(
    command: SshHost & {
      readonly command: string;
      readonly args?: readonly string[];
      readonly stdin?: string | { readonly file: string };
      readonly stdout?: 'log' | 'capture' | 'discard' | { readonly file: string };
      readonly stderr?: 'log' | 'capture' | 'discard' | { readonly file: string };
      /** Of each captured stream, default 1 MiB. */
      readonly max_bytes?: number;
    },
  ): Promise<{
    readonly exit_code: number;
    readonly signal?: string;
    readonly stdout?: string;
    readonly stderr?: string;
  }>;
  /** `from` in the workspace, a file or a folder. */
  upload(move: SshMove): Promise<SshMoved>;
  /** `to` in the workspace. `resume` needs `sha256`. */
  download(move: SshMove & { readonly sha256?: string }): Promise<SshMoved>;
  list(place: SshHost & { readonly path: string }): Promise<readonly (SshEntry & { readonly name: string })[]>;
  /** null where nothing is there. */
  stat(place: SshHost & { readonly path: string }): Promise<SshEntry | null>;
  mkdir(place: SshHost & { readonly path: string }): Promise<void>;
  /** A file, or a folder with all that is in it. */
  remove(place: SshHost & { readonly path: string }): Promise<void>;
  rename(places: SshHost & { readonly from: string; readonly to: string }): Promise<void>;
}

/** One plain address, or one with a name to be shown. */
export type MailAddress = string | { readonly address: string; readonly name?: string };

/** Mail by a server that the grant names. */
export interface HostMail {
  send(message: {
    readonly host: string;
    /** Default 587. */
    readonly port?: number;
    readonly from: MailAddress;
    readonly to?: readonly MailAddress[];
    readonly cc?: readonly MailAddress[];
    readonly bcc?: readonly MailAddress[];
    readonly reply_to?: MailAddress;
    readonly subject: string;
    readonly text?: string;
    readonly html?: string;
    /** Workspace files; `name` is the file's own by default. */
    readonly attachments?: readonly { readonly file: string; readonly name?: string; readonly type?: string }[];
    /** Of the whole call; default two minutes. */
    readonly timeout_ms?: number;
  }): Promise<{
    readonly message_id: string;
    readonly accepted: readonly string[];
    readonly rejected: readonly { readonly address: string; readonly reason: string }[];
    readonly bytes: number;
  }>;
}
