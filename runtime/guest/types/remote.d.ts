/** Where a call of `ssh` goes, and as whom where the entries leave that open. */
export interface SshHost {
  readonly host: string;
  /** Default 22. */
  readonly port?: number;
  readonly user?: string;
  /** Placeholders of secrets to log in with, where the entries let them be used and none names the login itself. */
  readonly key?: string;
  readonly passphrase?: string;
  readonly password?: string;
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

/**
 * What was moved; `sha256` is the file's, or of a folder that of the lines which `sha256sum` prints for its files. Files that were there
 * already are in it where they were compared by checksum.
 */
export interface SshMoved {
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already, where the call compares. */
  readonly unchanged?: number;
  readonly sha256: string;
}

/** How files are moved. */
export interface SshMove extends SshHost {
  readonly from: string;
  readonly to: string;
  /** Patterns of paths in the folder `from`; what lies below an excluded folder is excluded. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Goes on with what an earlier call left. */
  readonly resume?: boolean;
  /**
   * Leaves files alone that are there already with the same size and mode, and with the same time of change (which is set then), or the
   * same SHA-256; a download knows that of its `sha256` alone. An upload that compares must be granted to read there.
   */
  readonly compare?: 'time' | 'checksum';
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
  upload(
    move: SshMove & {
      /** Permission bits of every file, instead of its own. */
      readonly mode?: number;
      /** Reads each file back before it gets its name; must be granted to read there. */
      readonly verify?: boolean;
    },
  ): Promise<SshMoved>;
  /** `to` in the workspace. */
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
    /** How to log in, where no entry says it: the password is a secret's placeholder, which `secrets` of each layer lets. */
    readonly login?: { readonly user: string; readonly password: string };
    /** Of the whole call; default two minutes. */
    readonly timeout_ms?: number;
  }): Promise<{
    readonly message_id: string;
    readonly accepted: readonly string[];
    readonly rejected: readonly { readonly address: string; readonly reason: string }[];
    readonly bytes: number;
  }>;
}
