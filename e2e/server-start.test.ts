import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { start, waterflow } from './command.ts';
import { listening, logOf, portOf, serverPlace } from './server-process.ts';

describe('a server that cannot start', () => {
  const refusal = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const place = serverPlace();
    const given = argv.includes('--state') ? argv : [...argv, '--state', place.state];
    return await waterflow(['server', ...given], { cwd: place.folder, env });
  };

  it.each([
    [{ HOST: '0.0.0.0' }, 2, 'API_KEY'],
    [{ TEMPORAL_HOST: 'http://temporal' }, 2, 'no address'],
    [{ HOST: '203.0.113.1', API_KEY: 'a-long-and-random-text' }, 2, 'no address of this machine'],
    [{ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }, 3, 'STORAGE_FAILED'],
  ])('says why with %j', async (env, code, text) => {
    const refused = await refusal(['--port', '0'], env);
    expect(refused).toMatchObject({ code, stderr: expect.stringContaining(text) });
    expect(refused.stderr).toContain('remedy: ');
  });

  it('says that the state folder cannot be used', async () => {
    const refused = await refusal(['--port', '0', '--state', '/dev/null/state']);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('--state FOLDER') });
  });

  it('says that its port or its state folder is in use', async () => {
    const place = serverPlace();
    const server = await place.begin();
    const samePort = await refusal(['--port', portOf(server)]);
    expect(samePort).toMatchObject({ code: 2, stderr: expect.stringContaining('is in use by another program') });
    const sameState = await refusal(['--port', '0', '--state', place.state]);
    expect(sameState).toMatchObject({ code: 2, stderr: expect.stringContaining('another waterflow server') });
  });

  it('leaves the records of a newer version alone', async () => {
    const place = serverPlace();
    const server = await place.begin();
    server.process.kill('SIGTERM');
    await server.process.ended;
    const records = new DatabaseSync(join(place.state, 'server.sqlite'));
    records.exec("INSERT INTO waterflow_migrations VALUES (9999, 'from the future', 0)");
    records.close();
    const refused = await waterflow(['server', '--port', '0', '--state', place.state]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('newer waterflow') });
    const migrated = await waterflow(['migrate', '--state', place.state]);
    expect(migrated).toMatchObject({ code: 3, stderr: expect.stringContaining('newer waterflow') });
  });
});

describe('a configured server', () => {
  it('reads its file, and shows where its settings come from', async () => {
    const place = serverPlace({ 'server.yaml': 'port: 0\nlog-level: debug\nstate: own-state\n' });
    const process = start(['server', '--config', 'server.yaml'], { cwd: place.folder });
    const server = await listening(process);
    expect(logOf(server.process.stderr).find(({ url }) => url !== undefined)).toMatchObject({
      state: join(place.folder, 'own-state'),
      config: join(place.folder, 'server.yaml'),
    });
    const shown = await waterflow(['config', 'show', '--config', 'server.yaml'], { cwd: place.folder });
    expect(shown.stdout).toMatch(/^log-level +debug +.*server\.yaml:2$/mu);
  });
});
