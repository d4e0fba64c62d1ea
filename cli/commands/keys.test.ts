import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../server/auth/authenticator.ts';
import { keysRoutes } from '../../server/routes/keys.ts';
import { startServer } from '../../server/testing/start-server.ts';
import { openRecords } from '../../storage/records/index.ts';
import { commandLine } from '../testing/terminal.ts';

let folder: string;
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-keys-'));
  now = Date.UTC(2030, 0, 1);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keys = (...argv: readonly string[]) =>
  commandLine(['keys', ...argv, '--state', 'state'], { cwd: folder, env: {}, now: () => now });

async function newKey(...argv: readonly string[]): Promise<{ readonly id: string; readonly key: string }> {
  const { stdout } = await keys('new', '--name', 'ci', '--role', 'admin', ...argv, '--json');
  // What the command's first line is, as the first test says.
  return JSON.parse(stdout) as { id: string; key: string };
}

async function listed(): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await keys('list', '--json');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('waterflow keys', () => {
  it('works on the records where systemd alone tells the server of its other keys', async () => {
    const tls = 'tls: { ca: ca.pem, cert: server.pem, server-name: temporal.site }';
    writeFileSync(join(folder, 'server.yaml'), `temporal: { host: "10.77.0.1:7233", ${tls} }\n`);
    expect(await keys('new', '--name', 'ci', '--role', 'agent', '--config', 'server.yaml')).toMatchObject({ code: 0 });
  });

  it('prints a new key alone on stdout, and what it is on stderr', async () => {
    const { code, stdout, stderr } = await keys('new', '--name', 'ci', '--role', 'operator', '--expires', '90d');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^wf_\w{8}_\w{43}\n$/u) });
    expect(stderr).toMatch(
      /^key_\w{26}: role operator, tenant default, good until 2030-04-01T00:00:00.000Z; .*only time/u,
    );
    expect(stderr).not.toContain(stdout.trim().slice(12));
    expect(await listed()).toEqual([
      {
        id: stderr.slice(0, 30),
        prefix: stdout.slice(0, 11),
        name: 'ci',
        tenant_id: 'default',
        role: 'operator',
        status: 'valid',
        created_at: '2030-01-01T00:00:00.000Z',
        expires_at: '2030-04-01T00:00:00.000Z',
      },
    ]);
    expect(statSync(join(folder, 'state', 'server.sqlite')).mode & 0o077).toBe(0);
  });

  it('makes the first key of a server, revokes it while the server runs, and replaces another', async () => {
    const first = await newKey();
    const records = await openRecords({ file: join(folder, 'state', 'server.sqlite') }, { now: () => now });
    const clock = { now: () => now, after: () => () => {} };
    await using server = await startServer({
      routes: keysRoutes,
      parts: (config) => ({ config, records, clock }),
      authenticate: (headers, remote) => authenticate(headers, remote),
    });
    const authenticate = createAuthenticator({ ...server.parts, config: { host: '0.0.0.0', corsOrigins: [] } });
    const statusWith = async (key: string) =>
      (await fetch(`${server.url}/v1/keys`, { headers: { authorization: `Bearer ${key}` } })).status;

    expect(await statusWith(first.key)).toBe(200);
    expect((await keys('revoke', first.id)).stderr).toMatch(/^the key ci \(wf_\w{8}_…\) is revoked\n$/u);
    expect(await statusWith(first.key)).toBe(401);

    const second = await newKey();
    const rotated = await keys('rotate', second.key.slice(0, 11), '--grace', '1h');
    expect(rotated).toMatchObject({ code: 0, stderr: expect.stringContaining('works until 2030-01-01T01:00:00.000Z') });
    expect([await statusWith(second.key), await statusWith(rotated.stdout.trim())]).toEqual([200, 200]);
    now += 3_600_000;
    expect([await statusWith(second.key), await statusWith(rotated.stdout.trim())]).toEqual([401, 200]);
    await records[Symbol.asyncDispose]();
  });

  it('finds a key by its id, by what it begins with, and by itself where it has leaked', async () => {
    for (const name of [
      ({ id }: { id: string }) => id,
      ({ key }: { key: string }) => key.slice(0, 11),
      ({ key }: { key: string }) => `${key.slice(0, 12)}…`,
      ({ key }: { key: string }) => key,
    ]) {
      const made = await newKey();
      const { code, stdout, stderr } = await keys('revoke', name(made));
      expect({ code, stdout, repeated: stderr.includes(made.key) }).toEqual({ code: 0, stdout: '', repeated: false });
    }
    expect((await listed()).map(({ status }) => status)).toEqual(['revoked', 'revoked', 'revoked', 'revoked']);
  });

  it('shows a table to people, and says where there is nothing', async () => {
    const none = { code: 0, stdout: '', stderr: `no API keys in ${join(folder, 'state', 'server.sqlite')}\n` };
    expect(await keys('list')).toEqual(none);
    expect(await keys('list', '--json')).toEqual(none);
    const { key } = await newKey('--tenant', 'acme');
    const { stdout } = await keys('list');
    const [header, row] = stdout.split('\n');
    expect(header).toMatch(/^id +prefix +name +tenant +role +status +expires +last used$/u);
    expect(row).toMatch(new RegExp(`^key_\\w{26}  ${key.slice(0, 11)}  ci +acme +admin +valid$`, 'u'));
    expect((await keys('list', '--tenant', 'other')).stderr).toContain('no API keys of the tenant other in ');
  });

  it.each<[string, readonly string[]]>([
    ['no role', ['new', '--name', 'a']],
    ['an unknown role', ['new', '--name', 'a', '--role', 'root']],
    ['no name', ['new', '--role', 'viewer']],
    ['an empty name', ['new', '--name', '', '--role', 'viewer']],
    ['a name of two lines', ['new', '--name', 'a\nb', '--role', 'viewer']],
    ['a tenant that is a path', ['new', '--name', 'a', '--role', 'viewer', '--tenant', '../b']],
    ['an expiry that is none', ['new', '--name', 'a', '--role', 'viewer', '--expires', 'soon']],
    ['an expiry at once', ['new', '--name', 'a', '--role', 'viewer', '--expires', '0s']],
    ['a grace of months', ['rotate', 'key_1', '--grace', '31d']],
    ['an unknown key', ['revoke', 'key_1']],
    ['a key that begins like none', ['revoke', 'wf_AAAAAAAA']],
  ])('ends with 2 for %s', async (_, argv) => {
    expect((await keys(...argv)).code).toBe(2);
  });
});
