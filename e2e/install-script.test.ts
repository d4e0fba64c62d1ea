import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from './command.ts';
import { all, at, installed, makeBundles, mount, newMachine, ofBundle, scratch, script } from './install-machine.ts';
import { needs } from './require.ts';

// Users are made, and files given to them, in a mount namespace of its own, which a user namespace of an ordinary user can't.
const canTry = (await needs('bwrap')) && process.getuid?.() === 0 && existsSync('/usr/sbin/useradd');
const canCheck = await needs('shellcheck');
beforeAll(makeBundles);
beforeEach(newMachine);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const trusted = ['--key', '/srv/site.pub'] as const;
const says = ({ code, stderr }: ReturnType<typeof script>) => [code, stderr.split('\n', 1).join()];
describe('install.sh', () => {
  it.skipIf(!canCheck)('is a script that shellcheck has nothing to say of', () => {
    const { status, stdout } = spawnSync('shellcheck', [join(root, 'deploy', 'install.sh')], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it.skipIf(!canTry)('installs, upgrades, goes back, and leaves nothing', () => {
    const before = all();
    expect(ofBundle('1.0.0', 'server', ...trusted, '--set', 'PORT=8081')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no systemd here; start the server'),
    });
    expect(readlinkSync(at('/opt/waterflow/current'))).toBe('1.0.0');
    expect(script('/usr/local/bin/waterflow', '--version')).toMatchObject({
      code: 0,
      stdout: 'waterflow 1.0.0 --version\n',
    });
    expect(readFileSync(at('/etc/waterflow/server.env'), 'utf8')).toContain('PORT="8081"\n');
    const user = /^waterflow-server:x:(\d+):/mu.exec(readFileSync(at('/etc/passwd'), 'utf8'));
    const { uid, mode } = statSync(at('/var/lib/waterflow-server'));
    expect({ uid: `${uid}`, mode: (mode & 0o777).toString(8) }).toEqual({ uid: user?.[1], mode: '700' });
    const dropIn = at('/etc/systemd/system/waterflow-server.service.d/embedded.conf');
    expect(existsSync(at('/etc/systemd/system/waterflow-server.service'))).toBe(true);
    expect(existsSync(dropIn)).toBe(true);

    // What the server wrote, and what the operator did.
    writeFileSync(at('/var/lib/waterflow-server/runs'), 'runs');
    writeFileSync(at('/etc/waterflow/server.env'), 'PORT="8082"\n');
    expect(ofBundle('1.1.0', 'agent', ...trusted, '--set', 'TASK_QUEUES=deploy,build=4')).toMatchObject({ code: 0 });
    expect(installed('status').stdout).toBe('version: 1.1.0\nbefore: 1.0.0\nroles: server agent \n');
    expect(readFileSync(at('/etc/waterflow/server.env'), 'utf8')).toBe('PORT="8082"\n');

    const unit = readFileSync(at('/etc/systemd/system/waterflow-server.service'), 'utf8');
    const keptUnit = at('/opt/waterflow/1.0.0/systemd/waterflow-server.service');
    expect(readFileSync(keptUnit, 'utf8')).toBe(unit);
    writeFileSync(keptUnit, '# Of 1.0.0.\n');
    expect(installed('rollback')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('from 1.1.0 to 1.0.0'),
    });
    expect(script('/usr/local/bin/waterflow').stdout).toBe('waterflow 1.0.0 \n');
    expect(readFileSync(at('/etc/systemd/system/waterflow-server.service'), 'utf8')).toBe('# Of 1.0.0.\n');

    expect(installed('uninstall')).toMatchObject({ code: 0 });
    expect(existsSync(at('/opt/waterflow'))).toBe(false);
    expect(readFileSync(at('/var/lib/waterflow-server/runs'), 'utf8')).toBe('runs');
    expect(ofBundle('1.1.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    expect(readFileSync(at('/etc/waterflow/server.env'), 'utf8')).toBe('PORT="8082"\n');
    expect(ofBundle('1.1.0', 'server', ...trusted, '--set', 'TEMPORAL_HOST=t:7233')).toMatchObject({ code: 0 });
    expect(existsSync(dropIn)).toBe(false);

    // What one without --purge has left, the bundle's script removes.
    expect(installed('uninstall')).toMatchObject({ code: 0 });
    expect(ofBundle('1.1.0', 'uninstall', '--purge')).toMatchObject({ code: 0 });
    expect(ofBundle('1.1.0', 'uninstall', '--purge')).toMatchObject({ code: 2 });
    const made = all().filter((path) => !before.includes(path) && !path.endsWith('-'));
    expect(
      made.filter(
        (path) => !['/etc/systemd', '/etc/systemd/system', '/usr/local/bin', '/etc/.pwd.lock'].includes(path),
      ),
    ).toEqual([]);
    expect(readFileSync(at('/etc/passwd'), 'utf8')).not.toContain('waterflow');
  });

  it.skipIf(!canTry)('hands keys over by systemd, and lets nobody reach what asks for none', () => {
    const at7 = ['--set', 'TEMPORAL_HOST=10.77.0.1'] as const;
    expect(ofBundle('1.0.0', 'temporal', ...trusted, ...at7)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('TEMPORAL_TLS_CERT is not set'),
    });
    const tls = ['CERT', 'CA', 'SERVER_NAME'].flatMap((name) => [
      '--set',
      `TEMPORAL_TLS_${name}=/etc/waterflow/${name}`,
    ]);
    const keyFile = ['--key-file', 'temporal-tls-key=/srv/tls.key'] as const;
    expect(ofBundle('1.0.0', 'temporal', ...trusted, ...at7, ...tls, ...keyFile)).toMatchObject({ code: 0 });
    expect(ofBundle('1.0.0', 'server', ...trusted, '--set', 'HOST=10.77.0.1').stdout).toContain(
      "the first admin's key",
    );
    const mode = (path: string): string => (statSync(at(path)).mode & 0o777).toString(8);
    const keys = ['temporal-temporal-tls-key', 'server-admin-key'].map((name) => `/etc/waterflow/keys/${name}`);
    expect(['/etc/waterflow/keys', ...keys].map(mode)).toEqual(['700', '600', '600']);
    const dropIn = (role: string): string =>
      readFileSync(at(`/etc/systemd/system/waterflow-${role}.service.d/keys.conf`), 'utf8');
    expect(dropIn('temporal')).toContain('Environment=TEMPORAL_TLS_KEY=%d/temporal-tls-key\n');
    expect(dropIn('server')).toContain(`LoadCredential=admin-key:${keys[1]}\nEnvironment=API_KEY_FILE=%d/admin-key\n`);
    writeFileSync(join(scratch, 'new.key'), 'a new key');
    const configured = installed('configure', 'temporal', '--key-file', 'temporal-tls-key=/srv/new.key');
    expect(configured).toMatchObject({ code: 0, stdout: 'configured the temporal\n' });
    expect(readFileSync(at(`${keys[0]}`), 'utf8')).toBe('a new key');
    expect(mode(`${keys[0]}`)).toBe('600');
    for (const [role, ...more] of [['agent'], [], ['temporal', '--approve', 'all']] as const) {
      expect(installed('configure', ...(role === undefined ? [] : [role]), ...more)).toMatchObject({
        code: 2,
      });
    }
    for (const wrong of ['tls-key=/srv/tls.key', 'temporal-tls-key=/srv/none', 'temporal-tls-key']) {
      expect(
        ofBundle('1.0.0', 'agent', ...trusted, '--set', 'TASK_QUEUES=a', '--key-file', wrong),
        wrong,
      ).toMatchObject({ code: 2 });
    }
  });

  it.skipIf(!canTry)('removes one role of two, and takes what others made for its users and folders', () => {
    script('/usr/sbin/groupadd', 'waterflow-server');
    script('/usr/sbin/useradd', '--no-user-group', '--gid', 'daemon', 'waterflow-agent');
    for (const folder of ['/opt/waterflow', '/etc/waterflow', '/var/lib/waterflow-server']) {
      mkdirSync(at(folder), { recursive: true, mode: 0o700 });
      chownSync(at(folder), 1234, 1234);
    }
    writeFileSync(at('/var/lib/waterflow-server/runs'), 'of another machine');
    expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    expect(ofBundle('1.0.0', 'agent', ...trusted, '--set', 'TASK_QUEUES=a')).toMatchObject({ code: 0 });
    const ofRoot = ['/opt/waterflow', '/etc/waterflow'].map((folder) => statSync(at(folder)));
    expect(ofRoot.map(({ uid, mode }) => [uid, mode & 0o777])).toEqual([
      [0, 0o755],
      [0, 0o755],
    ]);
    const { uid } = statSync(at('/var/lib/waterflow-server'));
    expect(statSync(at('/var/lib/waterflow-server/runs')).uid).toBe(uid);

    expect(installed('uninstall', 'worker')).toMatchObject({ code: 2 });
    expect(installed('uninstall', 'agent', '--purge')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('left as it was: server'),
    });
    expect(readdirSync(at('/etc/systemd/system')).filter((name) => name.includes('agent'))).toEqual([]);
    expect(existsSync(at('/var/lib/waterflow-agent'))).toBe(false);
    expect(readFileSync(at('/etc/passwd'), 'utf8')).not.toContain('waterflow-agent');
    expect(installed('status').stdout).toBe('version: 1.0.0\nbefore: \nroles: server \n');
    expect(script('/usr/local/bin/waterflow').stdout).toBe('waterflow 1.0.0 \n');
  });

  it.skipIf(!canTry)('writes no key into the file of another program that a link names', () => {
    expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    const key = at('/etc/waterflow/keys/server-tls-key');
    writeFileSync(at('/etc/other.pem'), 'of another program');
    symlinkSync('/etc/other.pem', key);
    const configured = installed('configure', 'server', '--key-file', 'tls-key=/srv/tls.key', '--no-start');
    expect(configured).toMatchObject({ code: 0 });
    expect([at('/etc/other.pem'), key].map((file) => readFileSync(file, 'utf8'))).toEqual([
      'of another program',
      'a key',
    ]);
  });

  it.skipIf(!canTry)('sets variables of a file as systemd reads it, and shows them on no command line', () => {
    expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    writeFileSync(at('/etc/waterflow/server.yaml'), 'state: /here\n');
    chmodSync(at('/etc/waterflow'), 0o750);
    const written = '# Ours.\nAPI_KEY="a b"  \nWITH="\\""\nOPTIND=x\nDATABASE_URL=postgres://u:p@db/w';
    writeFileSync(at('/etc/waterflow/ours.env'), written);
    rmSync(at('/etc/waterflow/server.env'));
    symlinkSync('ours.env', at('/etc/waterflow/server.env'));
    // What is asked about the settings, and the `env` that starts it.
    writeFileSync(at('/opt/waterflow/1.0.0/bin/waterflow'), '#!/bin/sh\nenv >/tmp/variables\n');
    writeFileSync(at('/tmp/env'), '#!/bin/sh\nprintf "%s " "$@" >>/tmp/seen\nexec /usr/bin/env "$@"\n', {
      mode: 0o755,
    });
    const run = 'PATH=/tmp:$PATH exec /opt/waterflow/install.sh "$@"';
    expect(script('/bin/sh', '-c', run, 'sh', 'configure', 'server', '--set', 'PORT=9000')).toMatchObject({ code: 0 });
    expect(readFileSync(at('/etc/waterflow/server.env'), 'utf8')).toBe(`${written}\nPORT="9000"\n`);
    expect(readlinkSync(at('/etc/waterflow/server.env'))).toBe('ours.env');
    // Services look up their files in it by name.
    expect(statSync(at('/etc/waterflow')).mode & 0o777).toBe(0o751);
    const variables = readFileSync(at('/tmp/variables'), 'utf8').split('\n');
    expect(variables).toEqual(expect.arrayContaining(['API_KEY=a b', 'DATABASE_URL=postgres://u:p@db/w', 'PORT=9000']));
    expect(variables.filter((line) => line.startsWith('WITH='))).toEqual([]);
    expect(readFileSync(at('/tmp/seen'), 'utf8')).toMatch(/config show/u);
    expect(readFileSync(at('/tmp/seen'), 'utf8')).not.toMatch(/a b|postgres|9000/u);

    // What is read twice is no pipe.
    for (const option of [
      ['--config', '/dev/stdin'],
      ['--key-file', 'tls-key=/dev/stdin'],
    ]) {
      expect(says(installed('configure', 'server', ...option))).toEqual([
        2,
        'error: /dev/stdin is a pipe or a device, which can be read only once',
      ]);
    }
    expect(readFileSync(at('/etc/waterflow/server.yaml'), 'utf8')).toBe('state: /here\n');
  });

  it.skipIf(!canTry)(
    'removes with --purge what an uninstall has left of a role, and says which user it could not',
    () => {
      expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
      expect(ofBundle('1.0.0', 'agent', ...trusted, '--set', 'TASK_QUEUES=a')).toMatchObject({ code: 0 });
      expect(installed('uninstall', 'agent')).toMatchObject({ code: 0 });
      expect(existsSync(at('/etc/waterflow/agent.env'))).toBe(true);
      expect(says(installed('uninstall', 'agent'))).toEqual([2, 'error: no agent is installed here']);
      mount('--ro-bind', '/usr/bin/false', '/usr/sbin/userdel', '--ro-bind', '/usr/bin/false', '/usr/sbin/groupdel');
      expect(says(installed('uninstall', 'agent', '--purge'))).toEqual([
        3,
        'error: removed but for the user waterflow-agent, the group waterflow-agent, for what is said above',
      ]);
      expect(all().filter((path) => /agent(?:\.env|$)/u.test(path))).toEqual([]);
      mount();
      expect(installed('uninstall', 'agent', '--purge')).toMatchObject({ code: 0 });
      expect(readFileSync(at('/etc/passwd'), 'utf8')).not.toContain('waterflow-agent');
      expect(says(installed('uninstall', 'agent', '--purge'))).toEqual([2, 'error: no agent is installed here']);
      expect(installed('status').stdout).toContain('roles: server \n');
    },
  );

  it.skipIf(!canTry)('changes nothing where settings are refused, or there is no room', () => {
    expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    const refusing = '#!/bin/sh\necho "error[USAGE]: $PORT is no port" >&2\nexit 2\n';
    writeFileSync(at('/opt/waterflow/1.0.0/bin/waterflow'), refusing);
    expect(installed('configure', 'server', '--set', 'PORT=many')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'error[USAGE]: many is no port\nerror: these settings of the server are refused\n',
      ),
    });
    expect(readFileSync(at('/etc/waterflow/server.env'), 'utf8')).not.toContain('PORT');
    // What was changed on the disk is brought anew with its bundle.
    expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    expect(script('/usr/local/bin/waterflow').stdout).toBe('waterflow 1.0.0 \n');

    writeFileSync(join(scratch, 'answers'), 'PORT=8081\r\n');
    for (const [wrong, message] of [
      [['--answers', '/srv/answers'], 'error: the value of PORT has a character that is none of a line'],
      [['--answers', '/srv'], 'error: cannot read /srv'],
      [['--policy', '/srv'], 'error: cannot read /srv'],
    ] as const) {
      expect(says(ofBundle('1.0.0', 'server', ...trusted, ...wrong))).toEqual([2, message]);
    }
    mount('--size', '8192', '--tmpfs', '/opt');
    expect(says(ofBundle('1.1.0', 'server', ...trusted))).toEqual([
      3,
      'error: /opt/waterflow has 0 MiB free, and 1 are needed',
    ]);
    mount('--remount-ro', '/etc');
    expect(says(ofBundle('1.1.0', 'server', ...trusted))).toEqual([2, "error: /etc/waterflow can't be written to"]);
  });

  it.skipIf(!canTry)(
    'installs nothing of a bundle that is not what was signed, nor an older one over a newer one',
    () => {
      expect(says(ofBundle('1.0.0', 'server'))).toEqual([2, 'error: whose bundle is it?']);
      expect(says(ofBundle('1.0.0', 'server', '--key', '/srv/other.pub'))).toEqual([
        2,
        'error: this bundle is not signed by /srv/other.pub',
      ]);
      expect(says(ofBundle('1.0.0', 'agent', ...trusted))).toEqual([2, 'error: an agent needs queues']);
      for (const setting of ['PORT', '1A=b', 'A B=c', 'A=$(id)', 'A="b', "A='b"]) {
        expect(ofBundle('1.0.0', 'server', ...trusted, '--set', setting), setting).toMatchObject({ code: 2 });
      }
      expect(says(ofBundle('1.0.0', 'server', ...trusted, '--set', 'PORT'))).toEqual([2, 'error: PORT is no setting']);

      const copy = join(scratch, 'waterflow-site-copy');
      cpSync(join(scratch, 'waterflow-site-1.0.0'), copy, { recursive: true });
      writeFileSync(join(copy, 'more'), '');
      expect(says(ofBundle('copy', 'server', ...trusted))).toEqual([
        2,
        'error: the bundle holds what nobody signed: more',
      ]);
      rmSync(join(copy, 'more'));
      renameSync(join(copy, 'SHA256SUMS.sig'), join(scratch, 'sig'));
      expect(says(ofBundle('copy', 'server', ...trusted))).toEqual([
        2,
        'error: this bundle is not signed: it has no SHA256SUMS.sig',
      ]);
      renameSync(join(scratch, 'sig'), join(copy, 'SHA256SUMS.sig'));
      writeFileSync(join(copy, 'systemd', 'waterflow-server.service'), '[Service]\nUser=root\n');
      expect(ofBundle('copy', 'server', ...trusted)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('was changed'),
      });
      expect(existsSync(at('/opt/waterflow/current'))).toBe(false);

      expect(ofBundle('1.1.0', 'server', ...trusted)).toMatchObject({ code: 0 });
      expect(says(ofBundle('1.0.0', 'upgrade', ...trusted))).toEqual([
        2,
        'error: 1.1.0 is installed, and the bundle is of 1.0.0',
      ]);
    },
  );
});
