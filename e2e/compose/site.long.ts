/** The site of deploy/compose is brought up, with images of a release and stand-ins for those of others; work is done, each of its programs is killed, and it is taken down. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { root } from '../command.ts';
import { needs, type Service } from '../require.ts';
import { ComposeSite } from './compose-site.ts';
import { makeStandIns } from './stand-ins.ts';

const services: readonly Service[] = ['docker', 'compose-v2', 'postgres', 'nginx', 'go', 'temporal', 'temporal-server'];
const found = await Promise.all(services.map((service) => needs(service)));
const works = found.every(Boolean) && process.getuid?.() === 0;
const image = 'waterflow.test/compose-step:1';
const scratch = works ? mkdtempSync(join(tmpdir(), 'waterflow-compose-')) : '';

const hello = `
name: hello
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - id: greet
        run: |
          echo "hello from $(id -u)"
          echo "sum=$((6 * 7))" >> "$WATERFLOW_OUTPUT"
      - run: test '\${{ steps.greet.outputs.sum }}' = 42
`;
const long = `
name: long
on: manual
jobs:
  work:
    runs-on: work
    retry: { attempts: 3, initial-interval: 1s, on: [lost] }
    steps: [{ run: sleep 20 }, { run: echo through }]
`;
const contained = `
name: contained
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - run: mkdir src && echo hello > src/own.txt
      - uses: docker@v1
        with:
          image: ${image}
          command: [sh, -c, 'cat /all/src/own.txt && echo back > /all/made.txt']
          mounts: [{ path: ., target: /all, access: write }]
      - run: cat made.txt
`;

describe.runIf(works)('the site of deploy/compose', () => {
  let site: ComposeSite;

  beforeAll(async () => {
    const version = makeImages();
    makeStandIns();
    importTestImage(image);
    site = await ComposeSite.prepare(scratch, { version, name: 'one' });
  });
  afterAll(() => {
    site?.compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '10');
    docker('rmi', '--force', image);
    rmSync(scratch, { recursive: true, force: true });
  });

  const log = async (run: string): Promise<string> => (await site.ask(`/v1/workflows/${run}/logs?format=text`)).text;
  const endOf = (run: string) => expect.poll(async () => (await site.run(run))['status'], { interval: 500 });
  const runs = async (workflow: string): Promise<string> => {
    const run = await site.submit(workflow);
    await endOf(run).toMatch(/^(?:success|failure|cancelled)$/u);
    expect({ run: await site.run(run), log: await log(run) }).toMatchObject({ run: { status: 'success' } });
    return await log(run);
  };
  const up = (...profile: readonly string[]): void => {
    const { status, stderr } = site.compose(...profile, 'up', '--detach', '--wait', '--wait-timeout', '600');
    const states = site.compose(...profile, 'ps', '--all', '--format', '{{.Service}} {{.Status}}').stdout;
    expect({ status, states, stderr }).toMatchObject({ status: 0 });
  };

  it('comes up, with everything healthy', () => {
    up();
    const { stdout } = site.compose('ps', '--format', '{{.Service}} {{.Health}}');
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      'postgres healthy',
      'proxy healthy',
      'server healthy',
      'temporal healthy',
    ]);
  });

  it('takes connections by TLS at the one address that .env names, and shows no metrics to everybody', async () => {
    expect(await site.ask('/readyz')).toMatchObject({ status: 200 });
    expect(await site.ask('/metrics')).toMatchObject({ status: 404 });
    const ports = docker('ps', '--filter', 'label=com.docker.compose.project=waterflow', '--format', '{{.Ports}}');
    expect(ports.match(/\d+\.\d+\.\d+\.\d+:\d+/gu)).toEqual([`127.0.0.1:${new URL(site.url).port}`]);
  });

  it('has an agent that brings its own health check, and does work at level 3', async () => {
    const keys = 'waterflow keys new --config /etc/waterflow/server.yaml --name agent --role agent'.split(' ');
    const made = site.compose('exec', '--no-TTY', 'server', ...keys);
    expect(made).toMatchObject({ status: 0 });
    writeFileSync(join(site.folder, 'secrets/agent-key'), made.stdout);
    up('--profile', 'agent');
    const { stdout } = site.compose('exec', '--no-TTY', 'agent', 'waterflow', 'doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ level: 3 });
    expect(await runs(hello)).toContain('hello from');
  });

  it('keeps no password and no key where others see it', () => {
    const secrets = readdirSync(join(site.folder, 'secrets')).filter((name) => !name.startsWith('tls.'));
    const shown = [
      docker('ps', '--all', '--quiet')
        .split('\n')
        .map((id) => (id === '' ? '' : docker('inspect', id)))
        .join('\n'),
      site.compose('logs', '--no-color').stdout,
    ].join('\n');
    expect(shown).toContain('waterflow');
    const printed = execFileSync('sh', ['-c', 'cat secrets/postgres-password secrets/admin-key secrets/agent-key'], {
      cwd: site.folder,
      encoding: 'utf8',
    });
    expect(secrets.length).toBeGreaterThan(3);
    for (const secret of printed.split(/\s+/u).filter((word) => word.length > 8)) expect(shown).not.toContain(secret);
  });

  it.each(['server', 'agent', 'temporal', 'postgres', 'proxy'])(
    'goes on with a run when its %s is killed',
    async (service) => {
      const run = await site.submit(long);
      await expect.poll(async () => JSON.stringify(await site.run(run))).toContain('"running"');
      process.kill(site.pidOf(service), 'SIGKILL');
      await expect
        .poll(async () => ((await site.run(run).catch(() => ({}))) as Record<string, unknown>)['status'], {
          timeout: 300_000,
          interval: 1000,
        })
        .toMatch(/^(?:success|failure|cancelled)$/u);
      expect(await site.run(run)).toMatchObject({ status: 'success' });
      expect(await log(run)).toContain('through');
    },
  );

  it("has an agent that may use the machine's daemon, which mounts workspaces from where they are", async () => {
    expect(site.withAgent('agent', 'rm', '--stop', '--force', 'agent')).toMatchObject({ status: 0 });
    up('--profile', 'agent-docker');
    expect(await runs(contained)).toMatch(/hello[^]*back/u);
  });

  it('comes up again as it was, and is gone when it is taken down', async () => {
    const before = JSON.parse((await site.ask('/v1/workflows')).text) as { readonly items?: readonly unknown[] };
    expect(site.compose('--profile', 'agent-docker', 'down')).toMatchObject({ status: 0 });
    up('--profile', 'agent-docker');
    expect(JSON.parse((await site.ask('/v1/workflows')).text)).toEqual(before);
    await runs(hello);
    expect(site.compose('--profile', 'agent-docker', 'down', '--volumes')).toMatchObject({ status: 0 });
    const label = ['--filter', 'label=com.docker.compose.project=waterflow'];
    for (const kind of ['volume', 'network']) expect(docker(kind, 'ls', '--quiet', ...label)).toBe('');
    expect(docker('ps', '--all', '--quiet', ...label)).toBe('');
  });
});

/** Images of what is committed, or of the release in WATERFLOW_COMPOSE_RELEASE, which are made where they aren't there yet. Gives the version. */
function makeImages(): string {
  const named = process.env['WATERFLOW_COMPOSE_RELEASE'];
  const release = named ?? join(scratch, 'release');
  const node = (...argv: readonly string[]): string =>
    execFileSync(process.execPath, [...argv], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (named === undefined) node('tools/release.ts', '--out', release);
  const [file = ''] = readdirSync(release).filter((name) => /^waterflow-[\d.]+-linux-x64\.tar\.gz$/u.test(name));
  const [version = ''] = /\d+(?:\.\d+)+/u.exec(file) ?? [];
  const present = docker('images', '--quiet', `waterflow/agent:${version}`) !== '';
  if (named === undefined || !present) node('tools/images.ts', '--release', release, '--out', join(scratch, 'images'));
  return version;
}
