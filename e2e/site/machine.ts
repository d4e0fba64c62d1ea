/** A machine of a site: a private root with systemd as its first process, and no network but what a test joins it to. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Where control groups of version 2 are: beside those of version 1, or alone. */
const groups = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')));
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin';
const mostOutputBytes = 64 * 1024 * 1024;
const pollMs = 200;
const bootMs = 60_000;

/** How a command ended. */
export interface EndedOn {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What keeps machines from being made here; undefined where nothing does. */
export function whyNoMachines(): string | undefined {
  if (process.getuid?.() !== 0) return 'machines are made of namespaces by root alone';
  if (groups === undefined) return 'there are no control groups of version 2';
  if (!existsSync('/usr/lib/systemd/systemd')) return 'there is no systemd to start on them';
  return undefined;
}

/** One that runs until it is switched off. */
export class Machine {
  readonly name: string;
  /** What is its own: `etc`, `opt`, `var`… */
  readonly folder: string;
  #process: ChildProcess | undefined;
  #init = 0;
  readonly #group: string;

  constructor(name: string, scratch: string) {
    this.name = name;
    this.folder = join(scratch, name);
    this.#group = join(groups ?? '', `waterflow-site-${process.pid}-${name}`);
  }

  /** Starts it; resolves when systemd says that all that it starts has begun. */
  async boot(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const log = openSync(`${this.folder}.log`, 'a');
    const argv = [join(import.meta.dirname, 'boot.sh'), this.folder, this.#group];
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', 'bash', ...argv], { stdio: ['ignore', log, log] });
    for (let waited = 0; waited < bootMs; waited += pollMs) {
      if (this.#process.exitCode !== null) throw new Error(`${this.name} ended: see ${this.folder}.log`);
      this.#init ||= this.#findInit();
      if (this.#init !== 0 && (await this.try('systemctl is-system-running')).stdout === 'running\n') return;
      await sleep(pollMs);
    }
    throw new Error(`${this.name} does not come up: see ${this.folder}.log`);
  }

  /** As pulling its plug. */
  async off(): Promise<void> {
    if (this.#process === undefined) return;
    const ended = once(this.#process, 'exit');
    if (this.#init !== 0) process.kill(this.#init, 'SIGKILL');
    this.#process.kill('SIGKILL');
    await ended;
    await removeGroups(this.#group);
  }

  /** Its first process, as this machine numbers it. */
  get init(): number {
    return this.#init;
  }

  /** Puts a file or a folder to /srv. */
  bring(...files: readonly string[]): void {
    for (const file of files)
      cpSync(file, join(this.folder, 'srv', file.slice(file.lastIndexOf('/') + 1)), { recursive: true });
  }

  /** Runs a script as root; gives its output. Throws where it fails. */
  async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(script);
    if (code !== 0) throw new Error(`on ${this.name} a script ended with ${code}:\n${script}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** As {@link Machine.run}, however it ends. */
  async try(script: string): Promise<EndedOn> {
    const apart = ['--target', String(this.#init), '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
    const environment = ['env', '--ignore-environment', `PATH=${path}`, 'HOME=/root', 'LC_ALL=C.UTF-8'];
    const argv = [...apart, '--', ...environment, 'bash', '--norc', '-euo', 'pipefail', '-c', `cd /root; ${script}`];
    try {
      const ended = await promisify(execFile)('nsenter', argv, { maxBuffer: mostOutputBytes });
      return { code: 0, ...ended };
    } catch (error) {
      // What execFile rejects with.
      const { code, stdout = '', stderr = '' } = error as Partial<EndedOn>;
      if (typeof code !== 'number') throw error;
      return { code, stdout, stderr };
    }
  }

  /** Each file and folder that it has of its own, with what is in it. */
  files(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const look = (inside: string): void => {
      for (const entry of readdirSync(join(this.folder, inside), { withFileTypes: true })) {
        const place = join(inside, entry.name);
        const file = join(this.folder, place);
        if (entry.isDirectory()) {
          found.set(place, 'folder');
          look(place);
        } else if (entry.isSymbolicLink()) found.set(place, readlinkSync(file));
        else if (entry.isFile()) found.set(place, createHash('sha256').update(readFileSync(file)).digest('hex'));
      }
    };
    for (const place of ['etc', 'home', 'opt', 'root', 'usr-local', 'var']) look(place);
    return found;
  }

  #findInit(): number {
    const file = `/proc/${this.#process?.pid}/task/${this.#process?.pid}/children`;
    const [child = 0] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    const isInit = child !== 0 && readFileSync(`/proc/${child}/comm`, 'utf8') === 'systemd\n';
    return isInit ? child : 0;
  }
}

/** The deepest first: a group with another one in it can't be removed, nor one whose processes the kernel hasn't taken away yet. */
async function removeGroups(group: string): Promise<void> {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroups(join(group, entry.name));
  }
  for (let waited = 0; readFileSync(join(group, 'cgroup.procs'), 'utf8') !== '' && waited < bootMs; waited += pollMs)
    await sleep(pollMs);
  rmdirSync(group);
}

/** The address of a machine by its place in {@link connectMachines}. */
export const addressOf = (index: number): string => `10.77.0.${index + 1}`;

/** Connects machines by a network that leads nowhere else. */
export async function connectMachines([first, ...others]: readonly Machine[]): Promise<void> {
  if (first === undefined) return;
  await first.run(`ip link add lan type bridge; ip address add ${addressOf(0)}/24 dev lan; ip link set lan up`);
  for (const [index, machine] of others.entries()) {
    const port = `port${index + 1}`;
    const cable = ['ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(machine.init)];
    await promisify(execFile)('nsenter', ['--target', String(first.init), '--net', ...cable]);
    await first.run(`ip link set ${port} master lan up`);
    await machine.run(`ip address add ${addressOf(index + 1)}/24 dev eth0; ip link set eth0 up`);
  }
}
