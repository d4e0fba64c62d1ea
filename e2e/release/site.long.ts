import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { root } from '../command.ts';

const { scratch, made, next, key, publicKey } = inject('releases');
const site = join(scratch, 'site');
const machine = join(scratch, 'machine');
/** What an installation changes, each a folder of its own that is laid over the machine's. */
const places = ['/opt', '/etc', '/var/lib', '/usr/local', '/tmp', '/root', '/home'] as const;
const versionOf = (folder: string): string =>
  readdirSync(folder).flatMap((name) => /^waterflow-(.+)-linux-x64\.tar\.gz$/u.exec(name)?.[1] ?? [])[0] ?? '';

beforeAll(() => {
  mkdirSync(site);
  for (const place of places) mkdirSync(join(machine, place), { recursive: true });
  chmodSync(join(machine, '/tmp'), 0o1777);
  for (const name of ['passwd', 'group', 'shadow', 'gshadow', 'login.defs', 'nsswitch.conf', 'ld.so.cache', 'hosts']) {
    if (existsSync(join('/etc', name))) cpSync(join('/etc', name), join(machine, 'etc', name));
  }
  if (existsSync('/etc/alternatives'))
    cpSync('/etc/alternatives', join(machine, 'etc/alternatives'), { recursive: true });
  cpSync(publicKey, join(site, 'site.pub'));
  for (const folder of [made, next]) {
    const out = join(site, `${versionOf(folder)}.tar.zst`);
    const argv = ['bundle', '--release', folder, '--key', key, '--out', out];
    execFileSync(join(root, 'bin', 'waterflow'), argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
});

/** Runs a script as root of a machine that has no network at all, not even its own loopback's neighbours, and no systemd. */
function onSite(script: string) {
  const binds = places.flatMap((place) => ['--bind', join(machine, place), place]);
  const options = ['--ro-bind', '/', '/', ...binds, '--bind', site, '/srv', '--tmpfs', '/run', '--dev', '/dev'];
  const apart = ['--proc', '/proc', '--unshare-net', '--unshare-pid', '--die-with-parent', '--chdir', '/srv'];
  const environment = [
    '--clearenv',
    '--setenv',
    'PATH',
    '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    '--setenv',
    'HOME',
    '/root',
  ];
  const argv = [...options, ...apart, ...environment, '--', 'bash', '-euo', 'pipefail', '-c', script];
  const { status, stdout, stderr } = spawnSync('bwrap', argv, { encoding: 'utf8', input: '' });
  return { code: status, stdout, stderr };
}

/** Starts the server as its user, does something, and ends it. */
const served = (script: string): string => `
start() { setpriv --reuid waterflow-server --regid waterflow-server --init-groups env HOME=/var/lib/waterflow-server \\
  waterflow server --state /var/lib/waterflow-server; }
start > /tmp/server.log 2>&1 & server=$!
trap 'kill $server 2>/dev/null; wait $server || true; cat /tmp/server.log >&2' EXIT
until curl --silent --fail http://127.0.0.1:8080/healthz > /dev/null; do kill -0 $server; sleep 0.1; done
${script}
`;

const versions = [versionOf(made), versionOf(next)] as const;

describe('a site without a network', () => {
  it('unpacks a bundle, installs a server from it with one command, and has its first green run', () => {
    const script = `
tar --zstd -xf ${versions[0]}.tar.zst -C /tmp
/tmp/waterflow-site-${versions[0]}/install.sh server --key /srv/site.pub
cp -r /opt/waterflow/current/app/examples /var/lib/waterflow-server/
${served('waterflow submit /opt/waterflow/current/app/examples/hello.yml --follow --server http://127.0.0.1:8080')}
`;
    const ended = onSite(script);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout + ended.stderr).toContain('success');
  });

  it('checks the next bundle with what is installed, and upgrades to it with the runs that it has', () => {
    const script = `
waterflow bundle verify ${versions[1]}.tar.zst --key site.pub --installed ${versions[0]}
tar --zstd -xf ${versions[1]}.tar.zst -C /tmp
/tmp/waterflow-site-${versions[1]}/install.sh upgrade --key /srv/site.pub
waterflow --version
${served('waterflow list --json --server http://127.0.0.1:8080')}
`;
    const ended = onSite(script);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain(`\n${versions[1]} (commit `);
    expect(ended.stdout).toContain('"success"');
  });

  it('refuses the bundle before it, goes back, and keeps the runs', () => {
    expect(
      onSite(`waterflow bundle verify ${versions[0]}.tar.zst --key site.pub --installed ${versions[1]}`),
    ).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('BUNDLE_DOWNGRADE'),
    });
    const script = `/opt/waterflow/install.sh rollback && waterflow --version\n${served('waterflow list --json --server http://127.0.0.1:8080')}`;
    const ended = onSite(script);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain(`\n${versions[0]} (commit `);
    expect(ended.stdout).toContain('"success"');
  });

  it('is rid of it', () => {
    expect(onSite('/opt/waterflow/install.sh uninstall --purge')).toMatchObject({ code: 0 });
    for (const path of ['opt/waterflow', 'etc/waterflow', 'var/lib/waterflow-server', 'usr/local/bin/waterflow']) {
      expect(existsSync(join(machine, path)), path).toBe(false);
    }
  });
});
