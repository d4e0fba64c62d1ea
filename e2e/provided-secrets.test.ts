/** Secrets that the agent of a command or a server has by itself; then they are searched for in all that was written. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIn, found, type Place } from './canary-places.ts';
import { folderWith, summaryOf, waterflow } from './command.ts';
import { askServer, endedRun, serverPlace } from './server-process.ts';

const canary = 'canary-n4Rt8WqZ1xVb6MkJ3hYp';
const marker = 'marker-k2Lf7DsA9gTc5NeU0oXv';

const workflow = `name: provided
on: manual
jobs:
  leaks:
    steps:
      - id: prints
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: |
          test "\${#TOKEN}" = ${canary.length} || exit 3
          echo "${marker} $TOKEN"; printf %s "$TOKEN" | base64; echo "$TOKEN" >&2
          echo "token=$TOKEN" >> "$WATERFLOW_OUTPUT"
      - id: lacks
        continue-on-error: true
        env: { GONE: "\${{ secrets.GONE }}" }
        run: echo never
`;

const secretsFile = `version: 1
providers:
  folder: { files: { folder: kept } }
  program: { command: { command: [/bin/sh, -c, 'echo "$0" >&2; exit 66', ${canary}] } }
secrets:
  TOKEN: { provider: folder, path: token }
  GONE: { provider: program }
`;

function files(): string {
  const folder = folderWith({ 'provided.yml': workflow, 'secrets.yaml': secretsFile, 'kept/token': `${canary}\n` });
  chmodSync(join(folder, 'kept/token'), 0o600);
  return folder;
}

const leftBy = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): readonly Place[] => [
  { where: 'stdout', bytes: Buffer.from(stdout) },
  { where: 'stderr', bytes: Buffer.from(stderr) },
];

describe('a secret that a provider gives', () => {
  it('is used by waterflow run, and stands nowhere afterwards', async () => {
    const folder = files();
    const env = { WATERFLOW_SECRETS_FILE: join(folder, 'secrets.yaml') };
    const ended = await waterflow(['run', 'provided.yml', '--state', 'state', '--json'], { cwd: folder, env });
    expect(summaryOf(ended).jobs['leaks']?.steps).toMatchObject({
      prints: { status: 'success' },
      lacks: { outcome: 'failure', error: { code: 'SECRET_NOT_FOUND', message: expect.stringContaining('`program`') } },
    });
    const all = [...leftBy(ended), ...filesIn('state', join(folder, 'state'))];
    expect(found(canary, all)).toEqual([]);
    expect(found(marker, all).map((trace) => trace.split('/')[0])).toContain('state');
  });

  it('is used by a server that was not sent it, and stands nowhere afterwards', async () => {
    const folder = files();
    const place = serverPlace();
    const server = await place.begin({ env: { WATERFLOW_SECRETS_FILE: join(folder, 'secrets.yaml') } });
    const { status, body } = await askServer(server, '/v1/workflows', { workflow });
    expect({ status, body }).toMatchObject({ status: 201 });
    const run = String(body['id']);
    expect(await endedRun(server, run)).toMatchObject({
      jobs: { leaks: { steps: { prints: { status: 'success' } } } },
    });
    const other = await askServer(server, '/v1/workflows', {
      workflow: workflow.replaceAll('secrets.TOKEN', 'secrets.OTHER'),
    });
    expect(other).toMatchObject({ status: 422, body: { code: 'SECRET_MISSING' } });
    server.process.kill('SIGTERM');
    const all = [...leftBy(await server.process.ended), ...filesIn('server', place.state)];
    expect(found(canary, all)).toEqual([]);
    expect(found(marker, all)).not.toEqual([]);
    expect(server.process.stderr).toMatch(/"message":"a provider gave a secret","name":"TOKEN","provider":"folder"/);
  });

  it('is tried by waterflow secrets check, which shows everything but the value', async () => {
    const folder = files();
    const check = (...argv: readonly string[]) =>
      waterflow(['secrets', 'check', 'secrets.yaml', ...argv], { cwd: folder });
    expect(await check()).toMatchObject({ code: 0, stdout: 'secrets.yaml: no errors\n' });
    const tried = await check('--read');
    expect(tried.code).toBe(1);
    expect(tried.stdout).toMatch(/^TOKEN: given by folder\nGONE: SECRET_NOT_FOUND: /);
    const asJson = await check('--read', '--json');
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      valid: true,
      secrets: [
        { secret: 'TOKEN', provider: 'folder' },
        { secret: 'GONE', error: { code: 'SECRET_NOT_FOUND' } },
      ],
    });
    expect(found(canary, [...leftBy(tried), ...leftBy(asJson)])).toEqual([]);
  });

  it('is asked for by no agent whose secrets file is wrong: all that is, is told with its place', async () => {
    const folder = folderWith({
      'secrets.yaml': secretsFile.replace('folder, path', 'folde, path').replace('/bin/sh', 'sh'),
    });
    const env = { WATERFLOW_SECRETS_FILE: 'secrets.yaml', TASK_QUEUES: 'work' };
    const agent = await waterflow(['agent', '--state', 'state'], { cwd: folder, env });
    expect(agent.code).toBe(2);
    expect(agent.stderr).toMatch(/4:\d+: `sh` is no absolute path.*6:\d+: there is no provider `folde`/s);
    const checked = await waterflow(['secrets', 'check', 'secrets.yaml'], { cwd: folder });
    expect([checked.code, checked.stdout]).toEqual([2, 'secrets.yaml: 2 errors\n']);
  });
});
