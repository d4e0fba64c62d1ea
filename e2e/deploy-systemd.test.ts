/** The units as they are shipped, looked at by systemd's own tools; it need not run here for that. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, root } from './command.ts';
import { needs } from './require.ts';

const isThere = await needs('systemd');
const shipped = (name: string): string => join(root, 'deploy/systemd', name);

/** The unit in a folder of its own, with drop-ins; its program is one that is here. */
function installed(role: 'server' | 'agent' | 'temporal', dropIns: readonly string[] = []): string {
  const folder = folderWith({});
  const unit = join(folder, `waterflow-${role}.service`);
  const text = readFileSync(shipped(`waterflow-${role}.service`), 'utf8');
  const program =
    role === 'temporal' ? '/opt/waterflow/bundle/temporal/temporal-server' : '/opt/waterflow/current/bin/waterflow';
  expect(text).toContain(`ExecStart=${program} ${role === 'temporal' ? '--config-file' : role} `);
  writeFileSync(unit, text.replaceAll(program, '/bin/true'));
  mkdirSync(`${unit}.d`);
  for (const name of dropIns) copyFileSync(shipped(name), join(`${unit}.d`, name));
  return unit;
}

function tool(command: string, ...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, argv, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  return { status, stdout, stderr };
}

describe.skipIf(!isThere)('the units of systemd', () => {
  it.each<['server' | 'agent' | 'temporal', readonly string[]]>([
    ['temporal', []],
    ['server', []],
    ['server', ['waterflow-server-embedded.conf', 'waterflow-server-credentials.conf']],
    ['agent', []],
    ['agent', ['waterflow-agent-credentials.conf']],
  ])('of a %s with %j are understood, every line', (role, dropIns) => {
    expect(tool('systemd-analyze', 'verify', '--man=no', installed(role, dropIns))).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('are found out where a line is wrong', () => {
    const unit = installed('agent');
    writeFileSync(unit, readFileSync(unit, 'utf8').replace('PrivateTmp=yes', 'PrivateTemp=yes'));
    expect(tool('systemd-analyze', 'verify', '--man=no', unit).stderr).toContain('PrivateTemp');
  });

  it.each<['server' | 'agent' | 'temporal', number, readonly string[]]>([
    ['temporal', 1.3, []],
    ['server', 1.3, []],
    ['server', 3.6, ['waterflow-server-embedded.conf']],
    ['agent', 3.6, []],
  ])('of a %s are exposed by %d of 10 at most, with %j', (role, most, dropIns) => {
    const argv = ['security', '--offline=true', '--no-pager', `--threshold=${most * 10}`, installed(role, dropIns)];
    const { status, stdout } = tool('systemd-analyze', ...argv);
    expect({ status, exposure: /exposure level[^\n]*/u.exec(stdout)?.[0] }).toMatchObject({ status: 0 });
  });

  it('have their users and folders, for these users alone', () => {
    const place = folderWith({ 'etc/passwd': '', 'etc/group': '' });
    expect(tool('systemd-sysusers', `--root=${place}`, shipped('waterflow.sysusers.conf'))).toMatchObject({
      status: 0,
    });
    const users = readFileSync(join(place, 'etc/passwd'), 'utf8');
    for (const role of ['server', 'agent', 'temporal']) {
      expect(users).toMatch(new RegExp(`^waterflow-${role}:.*:/var/lib/waterflow-${role}:/usr/sbin/nologin$`, 'mu'));
    }
    const argv = ['--create', `--root=${place}`, shipped('waterflow.tmpfiles.conf')];
    expect(tool('systemd-tmpfiles', ...argv)).toMatchObject({ status: 0 });
    const mode = (path: string): string => (statSync(join(place, path)).mode & 0o777).toString(8);
    expect(['etc/waterflow', 'etc/waterflow/keys', 'var/lib/waterflow-agent'].map(mode)).toEqual(['755', '700', '700']);
  });
});
