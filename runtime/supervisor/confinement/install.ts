import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownNodeEnvironment } from '../../own-node.ts';
import { type EraseTypes, eraseTypes } from '../../typescript/erase-types.ts';
import type { SupervisorPowers } from '../powers.ts';
import { findLeakedDescriptors, type Installation, type Tools, unprivilegedUser } from './installation.ts';
import { assembleFilter } from './seccomp.ts';
import { syscallTable } from './syscalls.ts';

/** What the installation is made from. */
export interface InstallOptions {
  /** Where the folder is made: the system's temporary folder. */
  readonly temporaryFolder: string;
  /** Directories in which programs are looked up. */
  readonly path: string;
  readonly powers: SupervisorPowers;
  /** Default: Node's own way. */
  readonly eraseTypes?: EraseTypes;
}

const sourceFolders = { host: '../../sandbox-host/', guest: '../../guest/' } as const;

/** Puts together what sandbox hosts are started from. */
export async function install(options: InstallOptions): Promise<Installation> {
  const folder = await mkdtemp(join(options.temporaryFolder, `${await folderPrefix()}${process.pid}-`));
  await chmod(folder, 0o755);
  const user =
    process.getuid?.() === 0 && isMapped(unprivilegedUser.uid, options.powers) ? unprivilegedUser : undefined;
  const app = join(folder, 'app');
  const [tools, libraries] = await Promise.all([
    findTools(options.path),
    librariesOf(process.execPath),
    stage(app, options.eraseTypes ?? eraseTypes),
  ]);
  const reachable = (file: string) => (user === undefined ? file : copyUnlessReadable(file, folder));
  const installation: Installation = {
    folder,
    app,
    user,
    tools,
    libraries: await Promise.all(libraries.map(async ({ path, file }) => ({ path, file: await reachable(file) }))),
    node: await reachable(process.execPath),
    isolatedVm: await reachable(locateIsolatedVm()),
    extism: await reachable(dirname(createRequire(import.meta.url).resolve('@extism/extism'))),
    seccompFilter: await writeFilter(folder),
    leakedDescriptors: findLeakedDescriptors(await ownDescriptors(), options.powers),
  };
  if (user !== undefined) await openToAll(folder);
  return installation;
}

/** Has every user read what is in a folder of ours: files are made as the umask has it, and copies are as what they are of. */
async function openToAll(folder: string): Promise<void> {
  const readByAll = 0o444;
  const enterByAll = 0o111;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isDirectory() && !entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    const opened = mode | readByAll | (entry.isDirectory() ? enterByAll : 0);
    if (opened !== mode) await chmod(path, opened);
  }
}

/**
 * Whether this user namespace has that user (user_namespaces(7)). Root of one that has but itself is an ordinary user outside,
 * and can't become another.
 */
function isMapped(uid: number, powers: Pick<SupervisorPowers, 'readText'>): boolean {
  const ranges = (powers.readText('/proc/self/uid_map') ?? '0 0 4294967295').trim().split('\n');
  return ranges.some((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
}

/**
 * Removes folders whose agent was killed before it could. Returns their names; another user's, and those of live processes,
 * are left alone.
 */
export async function removeStaleInstallations(
  temporaryFolder: string,
  remove: (folder: string) => Promise<void>,
): Promise<readonly string[]> {
  const prefix = await folderPrefix();
  const names = (await readdir(temporaryFolder)).filter((name) => name.startsWith(prefix));
  const stale: string[] = [];
  for (const name of names) {
    const folder = join(temporaryFolder, name);
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    const { uid } = await stat(folder).catch(() => ({ uid: -1 }));
    if (uid !== process.getuid?.() || isAlive(pid)) continue;
    await remove(folder);
    stale.push(name);
  }
  return stale;
}

/** Names the process-id namespace: containers that share a temporary folder can't tell whether another's process lives. */
async function folderPrefix(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `waterflow-sandbox-${/\d+/.exec(namespace)?.[0] ?? 'host'}-`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // process.kill throws the system's errors only.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Writes the sandbox host and the guest's prelude as JavaScript: the sources beside this file may be TypeScript, which a
 * `--jitless` Node can't read, or lie under node_modules, which the host's user may not reach.
 */
async function stage(app: string, erase: EraseTypes): Promise<void> {
  for (const [name, source] of Object.entries(sourceFolders)) {
    const from = fileURLToPath(new URL(source, import.meta.url));
    await stageFolder(from, join(app, name), erase);
  }
  await writeFile(join(app, 'package.json'), '{"type":"module"}');
}

async function stageFolder(from: string, to: string, erase: EraseTypes): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await stageFolder(join(from, entry.name), join(to, entry.name), erase);
      continue;
    }
    const extension = extname(entry.name);
    const isSource = extension === '.js' || (extension === '.ts' && !/\.(?:test|d)\.ts$/.test(entry.name));
    if (!isSource) continue;
    const source = await readFile(join(from, entry.name), 'utf8');
    await writeFile(
      join(to, `${basename(entry.name, extension)}.js`),
      extension === '.ts' ? await toJavaScript(source, erase) : source,
    );
  }
}

/** Our own modules import each other by relative paths that end in `.ts`; nothing else in them looks like that. */
async function toJavaScript(source: string, erase: EraseTypes): Promise<string> {
  return (await erase(source)).replaceAll(/(['"]\.{1,2}\/[^'"\n]+)\.ts(['"])/g, '$1.js$2');
}

async function findTools(path: string): Promise<Tools> {
  const [bwrap, prlimit, setpriv] = await Promise.all(
    ['bwrap', 'prlimit', 'setpriv'].map((name) => findTool(name, path)),
  );
  return { bwrap, prlimit, setpriv };
}

async function findTool(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return realpath(file);
  }
  return undefined;
}

/**
 * What glibc's loader says that it would load, as ldd asks it (ld.so(8), LD_TRACE_LOADED_OBJECTS), whose shell a machine may lack:
 * `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)`, and the loader by its path alone. Another loader starts the program instead.
 */
async function librariesOf(program: string): Promise<Installation['libraries']> {
  const env = { ...ownNodeEnvironment(), LD_TRACE_LOADED_OBJECTS: '1' };
  const listed = await promisify(execFile)(program, ['--version'], { env }).catch(() => ({ stdout: '' }));
  const paths = [...listed.stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? []);
  return Promise.all(paths.map(async (file) => ({ path: placeOf(file, paths), file: await realpath(file) })));
}

/** Where a host without a root and environment of ours finds a library: those that Node brings lie beside glibc's, where its loader looks. */
function placeOf(file: string, all: readonly string[]): string {
  const glibc = all.find((path) => basename(path) === 'libc.so.6');
  const isBrought = dirname(file) === ownNodeEnvironment().LD_LIBRARY_PATH;
  return isBrought && glibc !== undefined ? join(dirname(glibc), basename(file)) : file;
}

/** isolated-vm asks this package for the build that fits this Node. */
function locateIsolatedVm(): string {
  const manifest = createRequire(import.meta.url).resolve('isolated-vm/package.json');
  const locator: { path(folder: string): string } = createRequire(manifest)('node-gyp-build');
  return locator.path(dirname(manifest));
}

async function writeFilter(folder: string): Promise<string | undefined> {
  const table = process.platform === 'linux' ? syscallTable(process.arch) : undefined;
  if (table === undefined) return undefined;
  const file = join(folder, 'seccomp.bpf');
  await writeFile(file, assembleFilter(table));
  return file;
}

async function ownDescriptors(): Promise<readonly number[]> {
  return (await readdir('/proc/self/fd').catch(() => [])).map(Number);
}

/** The file or folder itself where every user may read it, a copy within `folder` else (a root's home is closed to others). */
async function copyUnlessReadable(file: string, folder: string): Promise<string> {
  if (await isReadableByAll(await realpath(file))) return file;
  const copy = join(folder, basename(file));
  const { isDirectory } = await stat(file).then((stats) => ({ isDirectory: stats.isDirectory() }));
  if (isDirectory) await cp(file, copy, { recursive: true });
  else await copyFile(file, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o755);
  return copy;
}

async function isReadableByAll(file: string): Promise<boolean> {
  const readByOthers = 0o004;
  const enterByOthers = 0o001;
  const { mode } = await stat(file);
  if ((mode & readByOthers) === 0) return false;
  for (let parent = dirname(file); ; parent = dirname(parent)) {
    if (((await stat(parent)).mode & enterByOthers) === 0) return false;
    if (parent === '/') return true;
  }
}
