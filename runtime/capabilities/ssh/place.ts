import { CallFailure } from '../capability.ts';
import type { SshNeed } from './call.ts';
import type { RemoteEntry, RemoteFiles } from './remote-files.ts';
import { below, type RemotePath, remoteText, splitRemotePath } from './remote-path.ts';

/** Where a path really lies, and what is there. */
export interface Place {
  readonly real: RemotePath;
  readonly entry: RemoteEntry | undefined;
  /** Folders on the way that don't exist yet, from the top. */
  readonly missing: readonly RemotePath[];
}

/** What places are found with. */
export interface PlaceFinder {
  find(path: string, access: 'read' | 'write' | 'list'): Promise<Place>;
  /** Asks for what a walk came upon. `path` is a real one. */
  require(path: RemotePath, access: 'read' | 'write'): void;
  /** Whether that is granted. */
  allows(path: RemotePath, access: 'list'): boolean;
}

/** What the grant says. */
interface Asking {
  require(need: SshNeed): void;
  allows(need: SshNeed): boolean;
}

/**
 * Finds places on the other machine. Its links are followed on the way to a path, by the server alone; so the place where the path
 * really lies must be granted too, and from then on the call goes by that place. The last name is never followed if it is a link.
 */
export async function findPlaces(files: RemoteFiles, asking: Asking): Promise<PlaceFinder> {
  const home = await files.realPath({ base: 'home', names: [] });
  const needOf = (real: RemotePath, access: 'read' | 'write' | 'list'): SshNeed => ({
    kind: 'path',
    access,
    path: remoteText(real),
    home,
  });
  return {
    async find(text, access) {
      const path = splitRemotePath(text);
      // Checked before the call was authorized.
      if ('problem' in path) throw new CallFailure('INVALID_ARGUMENTS', path.problem);
      const { real, missing } = await resolve(files, path, home);
      asking.require(needOf(real, access));
      return { real, missing, entry: missing.length > 0 ? undefined : await files.entry(real) };
    },
    require: (path, access) => asking.require(needOf(path, access)),
    allows: (path, access) => asking.allows(needOf(path, access)),
  };
}

/** The real place of the deepest folder on the way that exists, and what doesn't. */
async function resolve(
  files: RemoteFiles,
  path: RemotePath,
  home: RemotePath,
): Promise<{ readonly real: RemotePath; readonly missing: readonly RemotePath[] }> {
  const last = path.names.at(-1);
  if (last === undefined) return { real: path.base === 'home' ? home : path, missing: [] };
  let folders = path.names.slice(0, -1);
  const rest: string[] = [];
  for (;;) {
    const parent: RemotePath = { base: path.base, names: folders };
    const real = await realFolder(files, parent, home);
    if (real !== undefined) {
      const missing = rest.map((_name, index) => below(real, ...rest.slice(0, index + 1)));
      return { real: below(real, ...rest, last), missing };
    }
    rest.unshift(folders.at(-1) ?? '');
    folders = folders.slice(0, -1);
  }
}

async function realFolder(files: RemoteFiles, path: RemotePath, home: RemotePath): Promise<RemotePath | undefined> {
  if (path.names.length === 0) return path.base === 'home' ? home : path;
  let real: RemotePath;
  try {
    real = await files.realPath(path);
  } catch (cause) {
    if (cause instanceof CallFailure && cause.code === 'NOT_FOUND') return undefined;
    throw cause;
  }
  // Servers resolve a path whose last name doesn't exist, too.
  const entry = await files.entry(real);
  if (entry === undefined) return undefined;
  if (entry.type === 'directory') return real;
  throw new CallFailure('FAILED', `\`${remoteText(path)}\` is not a folder there`);
}

/** Refuses a link, and what is neither a file nor a folder. */
export function requirePlain(path: RemotePath, entry: RemoteEntry): RemoteEntry {
  if (entry.type === 'file' || entry.type === 'directory') return entry;
  const what = entry.type === 'symlink' ? 'is a symbolic link' : 'is neither a file nor a folder';
  throw new CallFailure('DENIED', `\`${remoteText(path)}\` ${what} there`, {
    rule: 'ssh: links and devices are never opened',
    remedy: 'Name the file or folder itself.',
  });
}
