import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { systemPath } from '../../runtime/supervisor/index.ts';

/** Something that the agent needs of its machine, looked at. */
export interface MachineCheck {
  readonly name: string;
  /** `warning`: nothing is broken, but somebody should know. */
  readonly status: 'ok' | 'warning' | 'failed';
  readonly found: string;
  /** What to do, where it isn't ok. */
  readonly fix?: string;
}

/** What the checks look at; the composition gives it. */
export interface MachinePlaces {
  /** Where runs are kept. */
  readonly state: string;
  /** Where sandbox hosts are started from, and where programs of plugins have their private files. */
  readonly temporary: string;
  /** PATH of the agent, in which exec finds programs. */
  readonly path: string;
  readonly now: () => number;
}

/** Programs, by what is lost without them. */
const programs: readonly { readonly name: string; readonly for: string; readonly package: string }[] = [
  { name: 'sh', for: 'exec, and confinement level 4', package: 'dash' },
  { name: 'prlimit', for: 'confinement level 1', package: 'util-linux' },
  { name: 'setpriv', for: 'ending guests with their agent at levels 0 and 1, and exec', package: 'util-linux' },
  { name: 'bwrap', for: 'confinement level 2, and exec in profile workspace', package: 'bubblewrap' },
  { name: 'sleep', for: 'exec', package: 'coreutils' },
  { name: 'head', for: 'exec', package: 'coreutils' },
  { name: 'mkfifo', for: 'exec', package: 'coreutils' },
];

const mebibyte = 1024 * 1024;
/** Below this a run's journal, logs and workspaces soon have no room. */
const leastFreeBytes = 256 * mebibyte;
const scarceFreeBytes = 2048 * mebibyte;
/** Certificates and schedules go wrong where the clock is before this: it is older than the software. */
const earliestPlausible = Date.UTC(2026, 0, 1);

/** Looks at all of them. Changes nothing. */
export function checkMachine(places: MachinePlaces): readonly MachineCheck[] {
  return [
    checkUser(),
    checkPrograms(`${systemPath}${delimiter}${places.path}`),
    ...(process.platform === 'linux' ? [checkNamespaces()] : []),
    checkFolder('state folder', places.state),
    checkSpace('disk: state', places.state),
    checkSpace('disk: temporary', places.temporary),
    checkClock(places.now),
    checkDocker(),
  ];
}

function checkUser(): MachineCheck {
  const uid = process.getuid?.() ?? -1;
  const name = uid === -1 ? 'unknown' : `${nameOf(uid)} (uid ${uid})`;
  if (uid !== 0) return { name: 'user', status: 'ok', found: `${name}: guests run in its own user namespace` };
  return {
    name: 'user',
    status: 'warning',
    found: `${name}: guests run as another user; programs in profile workspace as root without its privileges`,
    fix: 'Give the agent a user of its own (User= in its systemd unit).',
  };
}

function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return `${uid}`;
  }
}

function checkPrograms(path: string): MachineCheck {
  const folders = path.split(delimiter).filter((folder) => folder.startsWith('/'));
  const missing = programs.filter(({ name }) => !folders.some((folder) => isExecutable(join(folder, name))));
  if (missing.length === 0) {
    return { name: 'programs', status: 'ok', found: programs.map(({ name }) => name).join(', ') };
  }
  const packages = [...new Set(missing.map((program) => program.package))].join(' ');
  return {
    name: 'programs',
    status: 'warning',
    found: missing.map((program) => `no ${program.name} (for ${program.for})`).join('; '),
    fix: `Install them: apt-get install ${packages}, or the packages of the same name.`,
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Switches of the kernel and of distributions that keep bubblewrap from working for users. */
function checkNamespaces(): MachineCheck {
  const denied = [
    ['/proc/sys/user/max_user_namespaces', '0'],
    ['/proc/sys/kernel/unprivileged_userns_clone', '0'],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1'],
  ].filter(([file = '', value]) => read(file) === value);
  const name = 'user namespaces';
  if (denied.length === 0) return { name, status: 'ok', found: 'no switch of the kernel denies them' };
  return {
    name,
    status: 'warning',
    found: denied.map(([file, value]) => `${file} is ${value}`).join('; '),
    fix: 'Allow them (sysctl -w, and a file in /etc/sysctl.d), or give bwrap an AppArmor profile that does.',
  };
}

/** Whoever may write there may change what a run finds and is told. */
function checkFolder(name: string, folder: string): MachineCheck {
  const existing = nearestExisting(folder);
  const { mode, uid } = statSync(existing);
  const own = process.getuid?.() ?? uid;
  const groupOrOthersWrite = 0o022;
  const sticky = 0o1000;
  if (existing === folder && uid !== own) {
    return {
      name,
      status: 'failed',
      found: `${folder} belongs to uid ${uid}`,
      fix: 'Choose a folder of your own by --state or XDG_STATE_HOME.',
    };
  }
  if ((mode & groupOrOthersWrite) !== 0 && (mode & sticky) === 0) {
    return { name, status: 'failed', found: `others may write to ${existing}`, fix: `chmod go-w ${existing}` };
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return {
      name,
      status: 'failed',
      found: `${existing} can't be written to`,
      fix: 'Choose another by --state or XDG_STATE_HOME.',
    };
  }
  return { name, status: 'ok', found: existing === folder ? folder : `${folder}, which is made with the first run` };
}

function checkSpace(name: string, folder: string): MachineCheck {
  const existing = nearestExisting(folder);
  const { bavail, bsize, files, ffree } = statfsSync(existing);
  const free = bavail * bsize;
  const found = `${Math.floor(free / mebibyte)} MiB free at ${existing}`;
  const fix = 'Free some, or keep it elsewhere (--state, TMPDIR).';
  if (files > 0 && ffree === 0) return { name, status: 'failed', found: `no inodes are left at ${existing}`, fix };
  if (free < leastFreeBytes) return { name, status: 'failed', found, fix };
  return free < scarceFreeBytes ? { name, status: 'warning', found, fix } : { name, status: 'ok', found };
}

function checkClock(now: () => number): MachineCheck {
  const at = now();
  const found = new Date(at).toISOString();
  const booted = Number(/^btime (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1] ?? 0) * 1000;
  const fix = 'Set the clock (timedatectl set-ntp true): audit, schedules and TLS need it.';
  if (at < earliestPlausible)
    return { name: 'clock', status: 'failed', found: `${found}, before this version was made`, fix };
  if (at < booted) return { name: 'clock', status: 'failed', found: `${found}, before this machine was started`, fix };
  return { name: 'clock', status: 'ok', found };
}

function checkDocker(): MachineCheck {
  const socket = '/var/run/docker.sock';
  if (!existsSync(socket))
    return { name: 'docker', status: 'ok', found: `no ${socket}: grants of docker come to nothing here` };
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return {
      name: 'docker',
      status: 'ok',
      found: `${socket} may be used by this user, who is root on this machine by that; plugins get no more of it than their grants`,
    };
  } catch {
    return { name: 'docker', status: 'ok', found: `${socket} is there, and not for this user` };
  }
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
