/** Machines for install.sh: each is folders of its own, laid over those of this machine, without systemd and without a network. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRelease } from '../cli/testing/site-bundles.ts';
import { commandLine } from '../cli/testing/terminal.ts';
import { createSigningKey, privateKeyText } from '../runtime/trust/index.ts';

/** Holds the machines, bundles unpacked as `waterflow-site-VERSION`, and keys; machines see it as /srv. */
export const scratch: string = mkdtempSync(join(tmpdir(), 'waterflow-install-'));

/** Makes the bundles of 1.0.0 and 1.1.0, and unpacks them. */
export async function makeBundles(): Promise<void> {
  const key = createSigningKey();
  writeFileSync(join(scratch, 'site.key'), privateKeyText(key, undefined), { mode: 0o600 });
  writeFileSync(join(scratch, 'site.pub'), `${key.publicKey.text}\n`);
  writeFileSync(join(scratch, 'other.pub'), `${createSigningKey().publicKey.text}\n`);
  writeFileSync(join(scratch, 'temporal-server'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(scratch, 'tls.key'), 'a key');
  for (const version of ['1.0.0', '1.1.0']) {
    const release = join(scratch, 'release', version);
    await writeRelease(release, version);
    const parts = ['--release', release, '--with-temporal', 'temporal-server'];
    const { code, stderr } = await commandLine(
      ['bundle', ...parts, '--key', 'site.key', '--out', `${version}.tar.gz`],
      { cwd: scratch },
    );
    if (code !== 0) throw new Error(stderr);
    execFileSync('tar', ['-xzf', `${version}.tar.gz`], { cwd: scratch });
  }
}

/** What install.sh changes. */
export const places = ['/opt', '/etc', '/var/lib', '/usr/local', '/tmp'] as const;
let machine: string;
let mounts: readonly string[] = [];

/** Has what follows happen on a machine where nothing is installed. */
export function newMachine(): void {
  mounts = [];
  machine = mkdtempSync(join(scratch, 'machine-'));
  for (const place of places) mkdirSync(join(machine, place), { recursive: true });
  for (const name of ['alternatives', 'passwd', 'group', 'shadow', 'gshadow', 'login.defs', 'nsswitch.conf']) {
    if (existsSync(join('/etc', name))) cpSync(join('/etc', name), join(machine, 'etc', name), { recursive: true });
  }
}

/** Mounts more into the machine, by options of bwrap. */
export function mount(...options: readonly string[]): void {
  mounts = options;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program as root of the machine; its stdin is a pipe that says nothing. */
export function script(file: string, ...argv: readonly string[]): Ended {
  const binds = places.flatMap((place) => ['--bind', join(machine, place), place]);
  const options = ['--ro-bind', '/', '/', ...binds, '--bind', scratch, '/srv', '--tmpfs', '/run', ...mounts];
  const inside = [...options, '--dev', '/dev', '--proc', '/proc', '--unshare-net', '--unshare-pid', '--', file];
  const { status, stdout, stderr } = spawnSync('bwrap', [...inside, ...argv], { encoding: 'utf8', input: '' });
  return { code: status, stdout, stderr };
}

export const ofBundle = (version: string, ...argv: readonly string[]): Ended =>
  script(`/srv/waterflow-site-${version}/install.sh`, ...argv);

/** The script that an installation has left. */
export const installed = (...argv: readonly string[]): Ended => script('/opt/waterflow/install.sh', ...argv);

/** Where a path of the machine is. */
export const at = (path: string): string => join(machine, path);

/** All paths of the machine that install.sh could have made. */
export const all = (): readonly string[] =>
  places.flatMap((place) =>
    readdirSync(at(place), { recursive: true, encoding: 'utf8' }).map((name) => join(place, name)),
  );

/** Runs a script, and sends it a signal as it starts its command of that number. /tmp/count has a line for each that it started. */
export function stopped(
  by: { readonly signal: 'KILL' | 'TERM'; readonly at: number },
  ...argv: readonly string[]
): Ended {
  const program = `
mkdir -p /tmp/bin
for name in cat chmod chown cp ln mkdir mv rm sed tar; do
  printf '#!/bin/sh\necho >> /tmp/count\n[ "$(/usr/bin/wc -l < /tmp/count)" -lt ${by.at} ] || { kill -s ${by.signal} "$(/usr/bin/cat /tmp/script)"; ${by.signal === 'KILL' ? 'exit' : ':'}; }\nexec /usr/bin/%s "$@"\n' "$name" > "/tmp/bin/$name"
done
chmod 755 /tmp/bin/*
: > /tmp/count
(echo "$BASHPID" > /tmp/script; PATH=/tmp/bin:/usr/sbin:/usr/bin exec "$0" "$@") 2>&1
exit $?`;
  return script('/usr/bin/bash', '-c', program, ...argv);
}
