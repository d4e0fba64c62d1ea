import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from './command.ts';
import { listening, logOf, serverPlace } from './server-process.ts';

const denyAll = 'version: 1\nrules: []\n';

/** A server whose configuration is `yaml`; `reload` writes files and resolves with what the server says of them. */
async function configured(yaml: string, files: Readonly<Record<string, string>>) {
  const place = serverPlace({ ...files, 'server.yaml': yaml });
  for (const name of Object.keys(files)) chmodSync(join(place.folder, name), 0o600);
  const process = start(['server', '--config', 'server.yaml', '--port', '0'], { cwd: place.folder });
  const server = await listening(process);
  let said = 0;
  const answers = () =>
    logOf(process.stderr).filter(({ message }) => String(message).startsWith('the configuration was'));
  return {
    server,
    reload: async (changes: Readonly<Record<string, string>>) => {
      for (const [name, text] of Object.entries(changes))
        writeFileSync(join(place.folder, name), text, { mode: 0o600 });
      process.kill('SIGHUP');
      await expect.poll(() => answers().length).toBeGreaterThan(said);
      said = answers().length;
      return answers().at(-1);
    },
    statusWith: async (key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(new URL('/v1/workflows', server.url), { headers })).status;
    },
  };
}

describe('a server that gets a SIGHUP', () => {
  it('takes what it can, says what waits for a restart, and refuses what is wrong as a whole', async () => {
    const yaml = 'state: state\napi-key-file: key\npolicy: policy.yaml\nlog-level: info\n';
    const { reload, statusWith, server } = await configured(yaml, {
      key: 'first-key-of-many\n',
      'policy.yaml': denyAll,
    });
    expect(await statusWith('first-key-of-many')).toBe(200);

    const changes = `${yaml.replace('info', 'debug')}active-runs: 7\nlimits: { requests-per-minute: 2 }\n`;
    expect(await reload({ key: 'second-key-of-many\n', 'server.yaml': changes })).toMatchObject({
      level: 'info',
      changed: ['limits.requests-per-minute', 'log-level', 'the admin key'],
      needs_restart: ['active-runs'],
    });
    expect(await statusWith('first-key-of-many')).toBe(401);
    expect([await statusWith('second-key-of-many'), await statusWith('second-key-of-many')]).toEqual([200, 200]);
    expect(await statusWith('second-key-of-many')).toBe(429);

    const wrong = `${yaml}limits: { requests-per-minute: 0, body: big }\n`;
    const refused = await reload({ 'server.yaml': wrong, 'policy.yaml': 'version: 1\nrules: 1\n' });
    expect(refused).toMatchObject({ level: 'error', errors: [{ code: 'INVALID_INPUT' }, { code: 'POLICY_INVALID' }] });
    expect(await statusWith('second-key-of-many')).toBe(429);

    const open = await reload({ 'server.yaml': 'state: state\n', 'policy.yaml': denyAll });
    expect(open).toMatchObject({
      level: 'error',
      errors: [{ message: expect.stringContaining('neither an admin key') }],
    });

    expect(
      await reload({ 'server.yaml': yaml, 'policy.yaml': `${denyAll}require: { confinement: 0 }\n` }),
    ).toMatchObject({
      changed: ['limits.requests-per-minute', 'log-level', 'the policy'],
      needs_restart: [],
    });
    expect(await statusWith('second-key-of-many')).toBe(200);
    server.process.kill('SIGTERM');
    expect(await server.process.ended).toMatchObject({ code: 0 });
  });
});
