import { CallFailure } from '../capability.ts';
import { type HostArgs, remotePathSchema, type SshNeed } from './call.ts';
import type { MakeSshOperation, SshCall, SshOperation } from './operation.ts';
import { findPlaces, type Place, type PlaceFinder, requirePlain } from './place.ts';
import { openRemoteFiles, type RemoteFiles, walkRemote } from './remote-files.ts';
import { below } from './remote-path.ts';

interface PathArgs extends HostArgs {
  readonly path: string;
}

interface FromToArgs extends HostArgs {
  readonly from: string;
  readonly to: string;
}

/** Of calls that move no content. */
const shortTimeoutMs = 60_000;
/** Names that one list may have: they cross to the guest in one frame. */
const maxListed = 10_000;
/** Entries that one call walks over. */
const maxWalkedEntries = 100_000;

const onPath = { required: ['path'], properties: { path: remotePathSchema }, timeout_ms: shortTimeoutMs };

/** A call's files, and the finder of places among them. */
interface Opened {
  readonly files: RemoteFiles;
  readonly places: PlaceFinder;
}

/** Opens the files of a call. */
export async function openFiles(call: Pick<SshCall<unknown>, 'connection' | 'require' | 'allows'>): Promise<Opened> {
  const files = await openRemoteFiles(call.connection);
  return { files, places: await findPlaces(files, call) };
}

/** What is in a folder, sorted by name. */
export function listOperation(make: MakeSshOperation): SshOperation<PathArgs> {
  return make<PathArgs>({
    ...onPath,
    needs: ({ path }) => [pathNeed('list', path)],
    async perform(call) {
      const { files, places } = await openFiles(call);
      const place = await places.find(call.args.path, 'list');
      const entry = requirePlain(place.real, requireThere(place, call.args.path));
      if (entry.type !== 'directory') throw new CallFailure('FAILED', `\`${call.args.path}\` is not a folder there`);
      const found = [];
      for await (const item of files.list(place.real)) {
        // On the way to what is granted only that way is shown.
        if (!places.allows(below(place.real, item.name), 'list')) continue;
        if (found.length >= maxListed) {
          throw new CallFailure(
            'LIMIT_EXCEEDED',
            `\`${call.args.path}\` holds more than ${maxListed} files and folders`,
          );
        }
        found.push({ name: item.name, ...item.entry });
      }
      return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
  });
}

/** What is at a path, or null. */
export function statOperation(make: MakeSshOperation): SshOperation<PathArgs> {
  return make<PathArgs>({
    ...onPath,
    needs: ({ path }) => [pathNeed('read', path)],
    async perform(call) {
      const { places } = await openFiles(call);
      const { entry } = await places.find(call.args.path, 'read');
      return entry === undefined ? null : { ...entry };
    },
  });
}

/** A folder and those on the way to it; one that is there is fine. */
export function mkdirOperation(make: MakeSshOperation): SshOperation<PathArgs> {
  return make<PathArgs>({
    ...onPath,
    needs: ({ path }) => [pathNeed('write', path)],
    async perform(call) {
      const { files, places } = await openFiles(call);
      const place = await places.find(call.args.path, 'write');
      await makeFolders(files, place);
      if (place.entry === undefined) await files.makeFolder(place.real);
      else if (requirePlain(place.real, place.entry).type !== 'directory') {
        throw new CallFailure('FAILED', `\`${call.args.path}\` is a file there`);
      }
      return null;
    },
  });
}

/** A file, a link itself, or a folder with all that is in it, each asked for by its own path. */
export function removeOperation(make: MakeSshOperation): SshOperation<PathArgs> {
  return make<PathArgs>({
    ...onPath,
    needs: ({ path }) => [pathNeed('write', path)],
    async perform(call) {
      const { files, places } = await openFiles(call);
      const place = await places.find(call.args.path, 'write');
      const entry = requireThere(place, call.args.path);
      if (entry.type !== 'directory') {
        await files.removeFile(place.real);
        return null;
      }
      const bound = { entries: maxWalkedEntries };
      // First asked, then removed, so that a denial leaves the folder whole.
      for await (const { path } of walkRemote(files, place.real, bound)) places.require(path, 'write');
      for await (const { path, entry: found, when } of walkRemote(files, place.real, bound)) {
        places.require(path, 'write');
        if (found.type !== 'directory') await files.removeFile(path);
        else if (when === 'after') await files.removeFolder(path);
      }
      await files.removeFolder(place.real);
      return null;
    },
  });
}

/** Takes the place of a file that is there. What is moved could be read where it lies then, so it must be readable where it was. */
export function renameOperation(make: MakeSshOperation): SshOperation<FromToArgs> {
  return make<FromToArgs>({
    required: ['from', 'to'],
    properties: { from: remotePathSchema, to: remotePathSchema },
    timeout_ms: shortTimeoutMs,
    needs: ({ from, to }) => [pathNeed('read', from), pathNeed('write', from), pathNeed('write', to)],
    async perform(call) {
      const { args } = call;
      const { files, places } = await openFiles(call);
      const from = await places.find(args.from, 'read');
      places.require(from.real, 'write');
      const entry = requireThere(from, args.from);
      const to = await places.find(args.to, 'write');
      if (entry.type === 'directory') {
        for await (const { path } of walkRemote(files, from.real, { entries: maxWalkedEntries })) {
          places.require(path, 'read');
          places.require(path, 'write');
          const moved = [...to.real.names, ...path.names.slice(from.real.names.length)];
          places.require({ base: 'root', names: moved }, 'write');
        }
      }
      await makeFolders(files, to);
      await files.rename(from.real, to.real);
      return null;
    },
  });
}

/** Makes the folders on the way to a place. */
export async function makeFolders(files: RemoteFiles, place: Place): Promise<void> {
  for (const folder of place.missing) await files.makeFolder(folder);
}

/** Throws NOT_FOUND where nothing is there. */
export function requireThere({ entry }: Place, path: string): NonNullable<Place['entry']> {
  if (entry !== undefined) return entry;
  throw new CallFailure('NOT_FOUND', `\`${path}\` does not exist there`);
}

/** What a call needs of a path. */
export function pathNeed(access: 'read' | 'write' | 'list', path: string): SshNeed {
  return { kind: 'path', access, path };
}
