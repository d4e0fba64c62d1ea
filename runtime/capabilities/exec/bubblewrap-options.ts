import type { AbsolutePath } from '../../../schemas/index.ts';
import { dockerFolderInside } from '../docker/proxy/place.ts';
import type { Binary } from './binary.ts';
import type { Egress } from './egress/open.ts';
import type { ExecFolder } from './folder.ts';

/** Read-only in profile workspace: the programs and libraries of the system. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** What of /etc programs need to start and to check certificates. Nothing in it is secret. */
const systemFiles = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/localtime',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust',
  '/etc/ca-certificates',
];

/** Who the program is inside; outside it is the user who started bubblewrap. */
const innerUser = { uid: 1000, gid: 1000 };

/** The made-up /etc files of profile workspace, by name; with egress there are more of them, and more hosts. */
export function inventedEtc(home: AbsolutePath, egress: Egress['etc'] | undefined): Readonly<Record<string, string>> {
  const { uid, gid } = innerUser;
  return {
    ...egress?.files,
    passwd: `root:x:0:0:root:/nonexistent:/bin/false\nwaterflow:x:${uid}:${gid}:waterflow:${home}:/bin/sh\n`,
    group: `root:x:0:\nwaterflow:x:${gid}:\n`,
    hosts: `127.0.0.1 localhost\n::1 localhost\n${egress?.hosts ?? ''}`,
  };
}

/** What profile workspace lets a program see. */
export interface WorkspaceView {
  readonly workspace: AbsolutePath;
  /** Another path by which the workspace is known, where its own leads over a link. */
  readonly alias: AbsolutePath;
  readonly folder: ExecFolder;
  readonly binary: Binary;
  /** What is run in the place of the binary, if so. */
  readonly copy: AbsolutePath | undefined;
  /** The folder of its docker socket, if it has one. */
  readonly docker: AbsolutePath | undefined;
  /** Names of the files that were made up for /etc. */
  readonly etc: readonly string[];
  /**
   * `one, to be entered`: bubblewrap makes no second user namespace in the first, from which a user could not enter the network's
   * any more; then there are no pseudo terminals, which take one. `closed`: it forbids others inside (since 0.8).
   */
  readonly userNamespace: 'one, to be entered' | 'closed' | 'open';
}

/** What of /dev every program may expect, beside what `--dev` makes. */
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

function deviceOptions({ userNamespace }: WorkspaceView): readonly string[] {
  if (userNamespace !== 'one, to be entered') return ['--dev', '/dev'];
  const links = [
    ['/proc/self/fd', '/dev/fd'],
    ['/proc/self/fd/0', '/dev/stdin'],
    ['/proc/self/fd/1', '/dev/stdout'],
    ['/proc/self/fd/2', '/dev/stderr'],
  ];
  return [
    ['--tmpfs', '/dev'],
    ...devices.map((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
    ...links.map(([target = '', path = '']) => ['--symlink', target, path]),
  ].flat();
}

/**
 * Profile workspace. /proc is read-only as a whole: an agent that is root is still its own user outside, and would own
 * /proc/sys/kernel/core_pattern, by which the host's kernel starts a program of one's choice.
 */
export function workspaceOptions(view: WorkspaceView): readonly string[] {
  const { workspace, alias, folder, binary, copy } = view;
  const outsideSystem = !systemFolders.some((path) => binary.file.startsWith(`${path}/`));
  return [
    ['--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--hostname', 'waterflow'],
    view.userNamespace === 'closed' ? ['--disable-userns'] : [],
    ['--uid', String(innerUser.uid), '--gid', String(innerUser.gid), '--cap-drop', 'ALL'],
    ...[...systemFolders, ...systemFiles].map((path) => ['--ro-bind-try', path, path]),
    ...view.etc.map((name) => ['--ro-bind', `${folder.etc}/${name}`, `/etc/${name}`]),
    ['--proc', '/proc', '--remount-ro', '/proc'],
    [...deviceOptions(view), '--bind', folder.shm, '/dev/shm', '--remount-ro', '/dev'],
    ['--bind', folder.tmp, '/tmp'],
    outsideSystem ? ['--ro-bind', binary.file, binary.file] : [],
    outsideSystem && binary.path !== binary.file ? ['--ro-bind', binary.file, binary.path] : [],
    copy === undefined ? [] : ['--ro-bind', copy, copy],
    ['--bind', workspace, workspace],
    alias === workspace ? [] : ['--bind', workspace, alias],
    view.docker === undefined ? [] : ['--ro-bind', view.docker, dockerFolderInside],
    ['--bind', folder.files, folder.files, '--bind', folder.home, folder.home],
    ['--remount-ro', '/'],
  ].flat();
}

/**
 * Profile host: the whole machine as it is, but in a PID namespace of its own, so that a child that forks, detaches and
 * clears its environment still ends with the exec.
 */
export const hostOptions: readonly string[] = [
  '--dev-bind',
  '/',
  '/',
  '--unshare-pid',
  '--proc',
  '/proc',
  '--die-with-parent',
  '--new-session',
];
