import { isPlainAbsolutePath } from '../../exec/rule.ts';
import type { MountArgs, StartArgs } from '../call.ts';
import type { RequestSetting } from './container-request.ts';
import { Fields } from './fields.ts';
import { denied, malformed } from './refusal.ts';

/** Of volumes, as docker's own calls have it. */
export const volumeForm: RegExp = /^[a-z0-9][a-z0-9._-]{0,62}$/u;

/** Options of a bind that ask for nothing more than it has: labels of SELinux, the usual propagation. */
const idleOptions: readonly string[] = ['z', 'Z', 'rprivate', 'private', 'nocopy', 'consistent', 'cached', 'delegated'];

interface Source {
  readonly config: Fields;
  readonly host: Fields;
}

/** Reads all places that name folders and volumes: Volumes, Binds, Mounts and Tmpfs. */
export function readMounts({ config, host }: Source, setting: RequestSetting): Pick<StartArgs, 'mounts' | 'tmpfs'> {
  const mounts: MountArgs[] = (host.texts('Binds') ?? []).map((bind) => readBind(bind, setting));
  const tmpfs: string[] = [];
  for (const item of host.list('Mounts') ?? [])
    readMount(new Fields(item, 'HostConfig.Mounts'), { mounts, tmpfs, setting });
  for (const [path, options] of Object.entries(host.pairs('Tmpfs'))) {
    if (options !== '' && options !== 'rw') {
      throw denied(`the folder in memory \`${path}\` has options`, 'Leave them out.');
    }
    tmpfs.push(path);
  }
  for (const target of Object.keys(config.object('Volumes'))) {
    // Compose names here what it binds too.
    if (mounts.some((mount) => mount.target === target) || tmpfs.includes(target)) continue;
    mounts.push({ volume: setting.anonymousVolume(), target, access: 'write' });
  }
  return { ...(mounts.length === 0 ? {} : { mounts }), ...(tmpfs.length === 0 ? {} : { tmpfs }) };
}

/** `SOURCE:TARGET[:OPTIONS]`, or a target alone. */
function readBind(bind: string, setting: RequestSetting): MountArgs {
  const parts = bind.split(':');
  if (parts.length > 3) throw malformed(`\`${bind.slice(0, 200)}\` has too many colons`);
  const [first = '', second, options = ''] = parts;
  if (second === undefined) return { volume: setting.anonymousVolume(), target: first, access: 'write' };
  const given = options.split(',').filter((option) => option !== '');
  const unknown = given.find((option) => !['ro', 'rw', ...idleOptions].includes(option));
  if (unknown !== undefined) throw denied(`\`${bind.slice(0, 200)}\` has the option \`${unknown}\``, 'Leave it out.');
  return mountOf(first, { target: second, access: given.includes('ro') ? 'read' : 'write' }, setting);
}

function mountOf(source: string, place: Pick<MountArgs, 'target' | 'access'>, setting: RequestSetting): MountArgs {
  if (volumeForm.test(source)) return { volume: source, target: place.target, access: place.access ?? 'write' };
  const access = place.access ?? 'write';
  return { path: inWorkspace(source, setting), target: place.target, access };
}

/** The path below the workspace, where it is one; whether links lead out of it is seen when the folder is opened. */
function inWorkspace(source: string, { workspaces }: RequestSetting): string {
  const path = source.length > 1 && source.endsWith('/') ? source.slice(0, -1) : source;
  if (isPlainAbsolutePath(path)) {
    for (const workspace of workspaces) {
      if (path === workspace) return '.';
      if (path.startsWith(`${workspace}/`)) return path.slice(workspace.length + 1);
    }
  }
  throw denied(
    `\`${source.slice(0, 200)}\` is no folder of the workspace and no name of a volume`,
    'Mount folders of the workspace, or volumes with lower-case names.',
  );
}

function readMount(
  mount: Fields,
  into: { readonly mounts: MountArgs[]; readonly tmpfs: string[]; readonly setting: RequestSetting },
): void {
  const type = mount.text('Type');
  const source = mount.text('Source');
  const target = mount.text('Target');
  const access = mount.flag('ReadOnly') ? 'read' : 'write';
  mount.oneOf('Consistency', ['default', 'consistent', 'cached', 'delegated'], 'Leave it out.');
  const bind = mount.fields('BindOptions');
  bind.oneOf('Propagation', ['rprivate', 'private'], 'Leave it out.');
  bind.idle('NonRecursive', 'CreateMountpoint', 'ReadOnlyNonRecursive', 'ReadOnlyForceRecursive');
  bind.done();
  const volume = mount.fields('VolumeOptions');
  volume.flag('NoCopy');
  volume.idle('Labels', 'DriverConfig', 'Subpath');
  volume.done();
  mount.idle('TmpfsOptions', 'ClusterOptions', 'ImageOptions');
  mount.done();
  switch (type) {
    case 'volume':
      if (source !== '' && !volumeForm.test(source))
        throw malformed(`\`${source.slice(0, 100)}\` is no name of a volume`);
      into.mounts.push({ volume: source === '' ? into.setting.anonymousVolume() : source, target, access });
      return;
    case 'bind':
      into.mounts.push({ path: inWorkspace(source, into.setting), target, access });
      return;
    case 'tmpfs':
      into.tmpfs.push(target);
      return;
    default:
      throw denied(
        `a mount is of the type \`${type.slice(0, 50)}\``,
        'Mount folders of the workspace, volumes or tmpfs.',
      );
  }
}
