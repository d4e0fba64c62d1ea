/** examples/deploy-app.yml with real servers: git, a Docker daemon, Compose, sshd, nginx and a chat's hook, by `waterflow run`'s engine and by an agent on Temporal. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNginx } from '../agent/built-in/testing/http-world.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { docker, importTestImage } from '../runtime/capabilities/docker/testing/images.ts';
import { startSshd } from '../runtime/capabilities/ssh/testing/sshd.ts';
import { folderWith, root } from './command.ts';
import { type Given, openWorkflow } from './example-runs.ts';
import { User } from './followed-examples.ts';
import { startHook } from './hook.ts';
import { needs } from './require.ts';
import { beginWithAgents, newApiKey } from './temporal-agents.ts';

const file = 'deploy-app.yml';
const wanted = ['docker', 'compose', 'bwrap', 'ssh', 'nginx'] as const;
const found = await Promise.all(wanted.map((service) => needs(service)));
const canRun = found.every(Boolean);
const hasTemporal = await needs('temporal');

/** Of this file alone. */
const base = 'waterflow.test/deploy-app:1';

/** What the operator writes out: servers with private addresses, and what may be done there. */
const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: file-transfer
    allow: { ssh: [{ host: 127.0.0.1, port: "*", user: "*", secrets: [DEPLOY_KEY], read: /**, write: /**, private: true }] }
  - plugin: http
    allow: { net: [{ url: "http://127.0.0.1:*/site/**", methods: [GET], private: true }] }
  - plugin: notify
    allow: { net: [{ url: "http://127.0.0.1:*/**", methods: [POST], url-secrets: [HOOK], private: true }] }
`;

/** All that the example is about, with a commit in the repository. */
interface DeployWorld extends AsyncDisposable {
  readonly given: Given;
  /** What is in the web server's folder. */
  readonly site: () => readonly string[];
  readonly page: () => string;
  /** Path and text of each that came to the hook. */
  readonly posted: () => readonly string[];
  readonly commit: string;
  /** Changes the application, so that its build fails. */
  readonly breakIt: () => void;
}

async function startWorld(): Promise<DeployWorld> {
  await using started = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-deploy-'));
  started.defer(() => rmSync(folder, { recursive: true, force: true }));
  const app = join(folder, 'my app');
  cpSync(join(root, 'examples/deploy-app'), app, { recursive: true });
  git(app, 'init', '--quiet', '--initial-branch=main');
  const commitAll = (message: string): void => {
    git(app, 'add', '--all');
    git(app, 'commit', '--quiet', '--message', message);
  };
  commitAll('Bridge the river');
  const sshd = started.use(await startSshd());
  const nginx = started.use(await startNginx());
  const hook = started.use(await startHook());
  const ended = started.move();
  return {
    given: {
      inputs: {
        repository: app,
        base,
        host: '127.0.0.1',
        port: String(sshd.port),
        user: sshd.user,
        'host-key': sshd.fingerprint,
        folder: nginx.site,
        site: `${nginx.http}/site`,
        hook: `${hook.origin}/T1/B1`,
      },
      secrets: { DEPLOY_KEY: sshd.keys.client, HOOK: 'the-secret-part' },
    },
    site: () => readdirSync(nginx.site, { recursive: true, encoding: 'utf8' }).toSorted(),
    page: () => readFileSync(join(nginx.site, 'index.html'), 'utf8'),
    posted: () => hook.posted.map(({ path, text }) => `${path} ${text}`),
    commit: git(app, 'rev-parse', 'HEAD'),
    breakIt: () => {
      git(app, 'rm', '--quiet', 'build.sh');
      commitAll('Break it');
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

const imagesOf = (): readonly string[] =>
  docker('images', '--quiet', 'waterflow.example/app').split('\n').filter(Boolean);

const page = '<h1>A river</h1>\n<ul>\n<li>bridge 0.9.2</li>\n<li>river 1.3.0</li>\n</ul>\n';
const secret = 'the-secret-part';

describe.skipIf(!canRun)('the example that deploys an application', { timeout: 300_000 }, () => {
  beforeAll(() => importTestImage(base));
  afterAll(() => docker('rmi', '--force', base, ...imagesOf()));

  it('builds, tries, sends and tells, takes from the cache the next time, and tells of a failure', async () => {
    await using world = await startWorld();
    const folder = folderWith({ 'policy.yaml': policy });
    const place = { cwd: join(root, 'examples'), state: folder, policy: join(folder, 'policy.yaml') };
    await using example = await openWorkflow(place, file);
    const first = await example.run(world.given);
    expect({ status: first.summary.status, says: first.says }).toMatchObject({ status: 'success' });
    expect(first.summary.jobs['deploy']?.outputs).toEqual({ commit: world.commit, sent: '2' });
    expect(world.site()).toEqual(['index.html', 'the assets', 'the assets/main.css']);
    expect(world.page()).toBe(page);
    expect(world.posted()).toEqual([expect.stringMatching(/^\/T1\/B1\/the-secret-part .*Bridge the river/u)]);
    expect(docker('ps', '--all', '--quiet', '--filter', `ancestor=waterflow.example/app:${world.commit}`)).toBe('');

    const again = await example.run(world.given);
    const { steps = {} } = again.summary.jobs['deploy'] ?? {};
    expect(steps['vendor']?.outputs).toMatchObject({ hit: true });
    expect(steps['send']?.outputs).toMatchObject({ files: 0, unchanged: 2 });
    expect(again.summary.status).toBe('success');

    world.breakIt();
    const broken = await example.run(world.given);
    expect(broken.summary.status).toBe('failure');
    expect(world.posted().at(-1)).toContain('It failed. The log says where.');
    expect(world.page()).toBe(page);
    expect(JSON.stringify([first, again, broken])).not.toContain(secret);
  });

  it.skipIf(!hasTemporal)('does the same on an agent', async () => {
    await using world = await startWorld();
    await using temporal = await startTemporal({ namespaces: ['deploy'] });
    const begun = await beginWithAgents(temporal, { namespace: 'deploy', agents: { alpha: 'local=2' }, policy });
    const user = new User(begun.server, await newApiKey(begun.at, { name: 'ada', role: 'admin' }));
    const outcome = await user.follow({ file, given: world.given });
    expect(outcome).toMatchObject({ code: 0 });
    expect(world.page()).toBe(page);
    expect(world.posted()).toEqual([expect.stringContaining('Bridge the river')]);
    expect(JSON.stringify(outcome)).not.toContain(secret);
    world.breakIt();
    expect(await user.follow({ file, given: world.given })).toMatchObject({ run: { status: 'failure' } });
    expect(world.posted().at(-1)).toContain('It failed. The log says where.');
  });
});
