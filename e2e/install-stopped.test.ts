import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { all, at, installed, makeBundles, newMachine, ofBundle, scratch, script, stopped } from './install-machine.ts';
import { needs } from './require.ts';

const canTry = (await needs('bwrap')) && process.getuid?.() === 0 && existsSync('/usr/sbin/useradd');
beforeAll(makeBundles);
beforeEach(newMachine);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const trusted = ['--key', '/srv/site.pub'] as const;
/** How many commands were started by the script that `stopped` ran. */
const countOfCommands = (): number => readFileSync(at('/tmp/count'), 'utf8').length;

describe('install.sh that is stopped', () => {
  it.skipIf(!canTry)('does what is missing after it was killed while it unpacked, or while it switched', () => {
    const upgrade = ['/srv/waterflow-site-1.1.0/install.sh', 'upgrade', ...trusted] as const;
    expect(ofBundle('1.0.0', 'server', ...trusted, '--set', 'HOST=10.77.0.1')).toMatchObject({ code: 0 });
    expect(stopped({ signal: 'KILL', at: 1e6 }, ...upgrade)).toMatchObject({ code: 0 });
    const count = countOfCommands();
    for (const share of [1 / 6, 9 / 10]) {
      newMachine();
      expect(ofBundle('1.0.0', 'server', ...trusted, '--set', 'HOST=10.77.0.1')).toMatchObject({ code: 0 });
      const key = readFileSync(at('/etc/waterflow/keys/server-admin-key'), 'utf8');
      expect(key).toHaveLength(64);
      expect(stopped({ signal: 'KILL', at: Math.round(count * share) }, ...upgrade)).toMatchObject({ code: 137 });
      expect(script('/usr/local/bin/waterflow').stdout).toMatch(/^waterflow 1\.[01]\.0 \n$/u);
      mkdirSync(at('/opt/waterflow/.1.0.1.part'));
      expect(ofBundle('1.1.0', 'upgrade', ...trusted)).toMatchObject({ code: 0 });
      expect(installed('status').stdout).toBe('version: 1.1.0\nbefore: 1.0.0\nroles: server \n');
      expect(readFileSync(at('/etc/waterflow/keys/server-admin-key'), 'utf8')).toBe(key);
      expect(all().filter((path) => /\.(?:new|part|old)$/u.test(path))).toEqual([]);
    }
  });

  it.skipIf(!canTry)('leaves nothing of keys and settings in folders of its own when it is interrupted', () => {
    const argv = ['server', ...trusted, '--key-file', 'tls-key=/srv/tls.key', '--config', '/srv/server.yaml'] as const;
    writeFileSync(join(scratch, 'server.yaml'), 'state: /var/lib/waterflow-server\n');
    expect(stopped({ signal: 'TERM', at: 1e6 }, '/srv/waterflow-site-1.0.0/install.sh', ...argv)).toMatchObject({
      code: 0,
    });
    const count = countOfCommands();
    for (const share of [1 / 4, 1 / 2, 3 / 4]) {
      newMachine();
      const point = { signal: 'TERM', at: Math.round(count * share) } as const;
      expect(stopped(point, '/srv/waterflow-site-1.0.0/install.sh', ...argv)).toMatchObject({
        code: 143,
        stdout: expect.stringContaining('error: interrupted\n'),
      });
      expect(readdirSync(at('/tmp')).toSorted()).toEqual(['bin', 'count', 'script']);
      expect(all().filter((path) => path.endsWith('.part') || path.endsWith('/.server.yaml'))).toEqual([]);
    }
    expect(ofBundle('1.0.0', ...argv)).toMatchObject({ code: 0 });
  });

  it.skipIf(!canTry)('goes on with a rollback that was killed, and takes none twice', () => {
    expect(ofBundle('1.0.0', 'server', ...trusted)).toMatchObject({ code: 0 });
    expect(ofBundle('1.1.0', 'upgrade', ...trusted)).toMatchObject({ code: 0 });
    expect(stopped({ signal: 'KILL', at: 1e6 }, '/opt/waterflow/install.sh', 'rollback')).toMatchObject({ code: 0 });
    const count = countOfCommands();
    const versions = ['1.0.0', '1.1.0'];
    // The last two note that it is done, and remove what is of the script alone.
    for (const last of [Math.round(count / 3), Math.round(count / 2), count - 1]) {
      const point = { signal: 'KILL', at: last } as const;
      expect(stopped(point, '/opt/waterflow/install.sh', 'rollback').stdout).not.toContain('went back');
      expect(installed('rollback')).toMatchObject({ code: 0 });
      versions.reverse();
      expect(installed('status').stdout).toBe(`version: ${versions[0]}\nbefore: ${versions[1]}\nroles: server \n`);
    }
  });
});
